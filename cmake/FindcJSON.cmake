# SPDX-License-Identifier: MIT
# Finds cJSON, which reads and writes JSON, as the target cJSON::cJSON. Installed beside weir's own
# package file, because libweir_train_static needs it.
find_path(cJSON_INCLUDE_DIR cjson/cJSON.h)
find_library(cJSON_LIBRARY cjson)
mark_as_advanced(cJSON_INCLUDE_DIR cJSON_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(cJSON
    REQUIRED_VARS cJSON_LIBRARY cJSON_INCLUDE_DIR
    REASON_FAILURE_MESSAGE
        "Install cJSON (Debian: libcjson-dev, Fedora: cjson-devel, Arch: cjson, Homebrew: cjson).")

if(cJSON_FOUND AND NOT TARGET cJSON::cJSON)
    add_library(cJSON::cJSON UNKNOWN IMPORTED)
    set_target_properties(cJSON::cJSON PROPERTIES
        IMPORTED_LOCATION ${cJSON_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${cJSON_INCLUDE_DIR})
endif()
