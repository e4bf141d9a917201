# Event files: bench_tfevents FILE [ROUNDS]. Included where EXPANALYZE_BENCH is on.
add_executable(bench_tfevents ${CMAKE_CURRENT_LIST_DIR}/bench_tfevents.cpp)
target_link_libraries(bench_tfevents PRIVATE expanalyze_lib expanalyze_warnings fmt::fmt)
target_include_directories(bench_tfevents PRIVATE ${PROJECT_SOURCE_DIR}/src)
