# The installed package: find_package(expanalyze) gives expanalyze::expanalyze (tried by tests/consumer).
include(CMakePackageConfigHelpers)

install(TARGETS expanalyze_lib expanalyze_warnings EXPORT expanalyzeTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS expanalyze RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/expanalyze DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT expanalyzeTargets NAMESPACE expanalyze:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/expanalyze)
configure_package_config_file(cmake/expanalyzeConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/expanalyzeConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/expanalyze)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/expanalyzeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/expanalyzeConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/expanalyzeConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/expanalyze)
