# SPDX-License-Identifier: MIT
# Finds SLEEF, the vector maths library, as the target Sleef::sleef. Installed beside weir's own
# package file, because libweir_static needs it.
find_path(Sleef_INCLUDE_DIR sleef.h)
find_library(Sleef_LIBRARY sleef)
mark_as_advanced(Sleef_INCLUDE_DIR Sleef_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Sleef
    REQUIRED_VARS Sleef_LIBRARY Sleef_INCLUDE_DIR
    REASON_FAILURE_MESSAGE
        "Install SLEEF (Debian: libsleef-dev, Fedora: sleef-devel, Arch: sleef, Homebrew: sleef).")

if(Sleef_FOUND AND NOT TARGET Sleef::sleef)
    add_library(Sleef::sleef UNKNOWN IMPORTED)
    set_target_properties(Sleef::sleef PROPERTIES
        IMPORTED_LOCATION ${Sleef_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${Sleef_INCLUDE_DIR})
endif()
