/* SPDX-License-Identifier: MIT */
/* A layer of a PyTorch state dictionary, as safetensors.torch.save_file writes it: its arrays are
 * found by PyTorch's names. What is in them is known by weir_weights_from_pytorch. */
#include "train/training_kit.h"
#include "weir_train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARRAYS = 5, SHAPES_MAX = 64 };

/* The arrays, by the beginnings of their names. */
static const char *const beginnings[ARRAYS] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh",
                                               "weight_hr"};
static const size_t ranks[ARRAYS] = {2, 2, 1, 1, 2};

struct names {
    char text[ARRAYS][256];
};

static struct names names_of(const weir_pytorch *from)
{
    struct names names;
    for (size_t i = 0; i < ARRAYS; i++)
        snprintf(names.text[i], sizeof names.text[i], "%.200s%s_l%zu%s",
                 from->prefix ? from->prefix : "", beginnings[i], from->layer,
                 from->reverse ? "_reverse" : "");
    return names;
}

static bool has(const weir_tensors *file, const char *name)
{
    const weir_tensor *tensor;
    for (size_t i = 0; (tensor = weir_tensors_at(file, i)); i++)
        if (!strcmp(tensor->name, name))
            return true;
    return false;
}

/* How many matrices of x a cell has. */
static weir_status count_gates(const weir_pytorch *from, size_t *gates, weir_error *error)
{
    weir_shape shapes[SHAPES_MAX];
    size_t count;
    const weir_status status =
        weir_cell_weights(from->cell, from->I, from->H, from->P, shapes, SHAPES_MAX, &count, error);
    *gates = 0;
    for (size_t i = 0; !status && i < count && i < SHAPES_MAX; i++)
        *gates += shapes[i].name[0] == 'W';
    return status;
}

/* Reads the arrays that are there, one after the other, to *floats, which the caller frees. */
static weir_status read_arrays(const weir_tensors *file, const weir_pytorch *from, size_t gates,
                               float **floats, const float *arrays[ARRAYS], weir_error *error)
{
    const struct names names = names_of(from);
    const size_t G = gates * from->H, out = from->P ? from->P : from->H;
    const size_t rows[ARRAYS] = {G, G, G, G, from->P}, cols[ARRAYS] = {from->I, out, 1, 1, from->H};
    const bool biased = has(file, names.text[2]) || has(file, names.text[3]);
    const bool wanted[ARRAYS] = {true, true, biased, biased, from->P > 0};
    float *to = *floats = malloc((G * (from->I + out + 2) + from->P * from->H) * sizeof *to);
    weir_status status = WEIR_OK;
    if (!to)
        return weir_fail(error, WEIR_NO_MEMORY, "There is no memory for a layer: free some.");
    for (size_t i = 0; i < ARRAYS && !status; i++) {
        const weir_tensor tensor = {.name = names.text[i],
                                    .dtype = WEIR_F32,
                                    .rank = ranks[i],
                                    .shape = {rows[i], cols[i]}};
        arrays[i] = wanted[i] ? to : NULL;
        if (wanted[i])
            status = weir_tensors_read(file, &tensor, to, error);
        to += rows[i] * cols[i];
    }
    return status;
}

weir_status weir_weights_read_pytorch(const weir_tensors *file, const weir_pytorch *from,
                                      weir_weight *weights, float *memory, weir_error *error)
{
    size_t gates;
    float *floats = NULL;
    const float *arrays[ARRAYS];
    if (!file || !from)
        return weir_fail(error, WEIR_INVALID,
                         "Reading weights takes an open file and which layer of it to read: "
                         "neither may be NULL.");
    weir_status status = count_gates(from, &gates, error);
    if (!status)
        status = read_arrays(file, from, gates, &floats, arrays, error);
    if (!status)
        status =
            weir_weights_from_pytorch(&(weir_stacked){.cell = from->cell,
                                                      .I = from->I,
                                                      .H = from->H,
                                                      .P = from->P,
                                                      .input = arrays[0],
                                                      .recurrent = arrays[1],
                                                      .bias = arrays[2],
                                                      .recurrent_bias = arrays[3],
                                                      .bias_count = arrays[2] ? gates * from->H : 0,
                                                      .projection = arrays[4]},
                                      weights, memory, error);
    free(floats);
    return status;
}
