// Precompiled for the test programs.
#pragma once
#include "../src/pch.hpp"
#include "support/catch.hpp"
