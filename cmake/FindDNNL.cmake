# SPDX-License-Identifier: MIT
# Finds oneDNN as the target DNNL::dnnl, and tells its DNNL_VERSION and DNNL_VERSION_MAJOR: the one installed in
# DNNL_ROOT and no other, or without that the system's. (Debian's own package file wants OpenCL.) It is looked
# for each time, for DNNL_ROOT may have changed.
set(DNNL_places "")
if(DNNL_ROOT)
    set(DNNL_places PATHS ${DNNL_ROOT} NO_DEFAULT_PATH)
endif()
unset(DNNL_INCLUDE_DIR CACHE)
unset(DNNL_LIBRARY CACHE)
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl_version.h ${DNNL_places} PATH_SUFFIXES include)
find_library(DNNL_LIBRARY dnnl ${DNNL_places}
    PATH_SUFFIXES lib lib64 lib/${CMAKE_LIBRARY_ARCHITECTURE})
mark_as_advanced(DNNL_INCLUDE_DIR DNNL_LIBRARY)

set(DNNL_VERSION "")
if(DNNL_INCLUDE_DIR)
    file(STRINGS ${DNNL_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h DNNL_lines
        REGEX "^#define DNNL_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
    string(REGEX REPLACE "[^0-9]+" "." DNNL_VERSION "${DNNL_lines}")
    string(REGEX REPLACE "^\\.|\\.$" "" DNNL_VERSION "${DNNL_VERSION}")
    string(REGEX MATCH "^[0-9]+" DNNL_VERSION_MAJOR "${DNNL_VERSION}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DNNL
    REQUIRED_VARS DNNL_LIBRARY DNNL_INCLUDE_DIR DNNL_VERSION VERSION_VAR DNNL_VERSION)

if(DNNL_FOUND AND NOT TARGET DNNL::dnnl)
    add_library(DNNL::dnnl UNKNOWN IMPORTED)
    set_target_properties(DNNL::dnnl PROPERTIES
        IMPORTED_LOCATION ${DNNL_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${DNNL_INCLUDE_DIR})
endif()
