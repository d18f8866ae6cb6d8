# SPDX-License-Identifier: MIT
# Files as C: texts that programs contain, as rows of a macro, and how a generated file is written.

# A file keeps its time when its content stays, so that nothing is rebuilt for it.
function(weir_write_if_different file content)
    set(before "")
    if(EXISTS ${file})
        file(READ ${file} before)
    endif()
    if(NOT before STREQUAL content)
        file(WRITE ${file} "${content}")
    endif()
endfunction()

# Appends the row MACRO("name", text of the file) to `out`: C string literals, one a line of the file.
function(weir_embed_as out macro name file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    file(READ "${file}" text)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "?" "\\?" text "${text}") # "??/" would be a trigraph
    string(REPLACE "\r" "\\r" text "${text}")
    string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
    set(${out} "${${out}}${macro}(\"${name}\",\n    \"${text}\")\n" PARENT_SCOPE)
endfunction()

# The same for each of the files that follow: paths from the folder, which are their names.
function(weir_embed out macro folder)
    foreach(file IN LISTS ARGN)
        weir_embed_as(${out} ${macro} ${file} ${folder}/${file})
    endforeach()
    set(${out} "${${out}}" PARENT_SCOPE)
endfunction()
