/* SPDX-License-Identifier: MIT */
/* Names of values in a scope: branches see the names around them, functions do not. */
#ifndef WEIR_ONNX_NAMES_H
#define WEIR_ONNX_NAMES_H

#include "onnx/onnx.h"

enum { BRANCH_DEPTH_MAX = 16 };
enum { NAME_LEFT_OUT = -2 }; /* the value of an input that a call of a function leaves out */

struct name_table;
struct name_table *onnx_names_create(onnx_memory *memory);
bool onnx_names_add(struct name_table *names, const char *name, int value);
int onnx_names_find(const struct name_table *names, const char *name); /* -1: not there */
bool onnx_names_is_in_scope(const struct name_table *names, const char *name);
void onnx_names_enter(struct name_table *names);
void onnx_names_enter_closed(struct name_table *names); /* nothing outside is seen */
void onnx_names_leave(struct name_table *names);

#endif
