// Precompiled for the test programs.
#pragma once
#include "support/catch.hpp"
#include "../src/pch.hpp"
