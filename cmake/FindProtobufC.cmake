# SPDX-License-Identifier: MIT
# Finds protobuf-c, by which ONNX files are read, as the target ProtobufC::ProtobufC, and its
# compiler, a program of this machine, as ProtobufC_COMPILER.
find_path(ProtobufC_INCLUDE_DIR protobuf-c/protobuf-c.h)
find_library(ProtobufC_LIBRARY protobuf-c)
find_program(ProtobufC_COMPILER NAMES protoc-c)
mark_as_advanced(ProtobufC_INCLUDE_DIR ProtobufC_LIBRARY ProtobufC_COMPILER)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ProtobufC
    REQUIRED_VARS ProtobufC_LIBRARY ProtobufC_INCLUDE_DIR ProtobufC_COMPILER
    REASON_FAILURE_MESSAGE
        "Install protobuf-c (Debian: libprotobuf-c-dev protobuf-c-compiler, Fedora: protobuf-c-devel protobuf-c-compiler, Arch and Homebrew: protobuf-c).")

if(ProtobufC_FOUND AND NOT TARGET ProtobufC::ProtobufC)
    add_library(ProtobufC::ProtobufC UNKNOWN IMPORTED)
    set_target_properties(ProtobufC::ProtobufC PROPERTIES
        IMPORTED_LOCATION ${ProtobufC_LIBRARY}
        INTERFACE_INCLUDE_DIRECTORIES ${ProtobufC_INCLUDE_DIR})
endif()
