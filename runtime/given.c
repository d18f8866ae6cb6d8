/* SPDX-License-Identifier: MIT */
/* Weights that are given as numbers of several types: what they are, which type of a layer holds
 * them, and the sentences for those that none does. */
#include "libweir.h"

#include <math.h>
#include <string.h>

static enum weir_type type_of(const weir_weight *weight)
{
    return weight->type ? weir_type_named(weight->type) : WEIR_TYPE_F32;
}

struct weir_numbers weir_numbers_of(const weir_weight *weight)
{
    const enum weir_type type = type_of(weight);
    return (struct weir_numbers){.data = type == WEIR_TYPE_F32 ? (const void *)weight->data
                                                               : weight->numbers,
                                 .type = type,
                                 .scales = weight->scales,
                                 .zeros = weight->zero_point_count ? weight->zero_points : NULL,
                                 .one_scale = weight->scale_count == 1,
                                 .one_zero = weight->zero_point_count == 1};
}

/* ---- What a layer's type should be ---- */

/* Whether there are as many zero points as a parameter has rows: what else is refused. */
static bool is_as_said(const weir_weight *weight, size_t rows)
{
    const size_t zeros = weight->zero_point_count;
    return zeros == 0 || (weight->zero_points && (zeros == 1 || zeros == rows));
}

enum weir_type weir_type_of_weights(const weir_layer_config *config)
{
    const struct weir_sizes sizes = {config->I, config->H, config->P};
    const struct weir_kernel *kernel;
    enum weir_type type = WEIR_TYPE_F32;
    if (weir_cell_find(config->cell, &kernel, NULL))
        return type;
    for (size_t k = 0; k < config->weight_count; k++) {
        const weir_weight *weight = &config->weights[k];
        const struct weir_numbers data = weir_numbers_of(weight);
        const size_t p = weight->name ? weir_param_find(kernel, weight->name) : kernel->param_count;
        if (p == kernel->param_count || !weir_is_bytes(data.type) || !data.data)
            continue;
        const size_t rows = weir_extent_of(kernel->params[p].rows, sizes);
        type = type == WEIR_TYPE_U8 ? type : WEIR_TYPE_I8;
        if (is_as_said(weight, rows) && weir_find_zero(&data, rows) < rows)
            type = WEIR_TYPE_U8;
    }
    return type;
}

/* ---- What is said of weights ---- */

/* Of bytes that come with them. */
static weir_status check_scales(const weir_weight *weight, const char *cell, size_t rows,
                                weir_error *error)
{
    const size_t scales = weight->scale_count, zeros = weight->zero_point_count;
    if (!weight->scales || (scales != 1 && scales != rows))
        return weir_fail(error, WEIR_INVALID,
                         "The weight %.32s of %.32s is of %.8s and has %zu scales%s: give one, or "
                         "one for each of its %zu rows.",
                         weight->name, cell, weight->type, scales,
                         weight->scales ? "" : ", which are NULL", rows);
    for (size_t row = 0; row < scales; row++) {
        const float scale = weir_float_at(weight->scales, row);
        if (!(scale > 0) || isinf(scale))
            return weir_fail(error, WEIR_INVALID,
                             "The weight %.32s of %.32s has the scale %g in row %zu: a scale must "
                             "be finite and above 0.",
                             weight->name, cell, (double)scale, row);
    }
    const bool agree = !zeros == !weight->zero_points;
    if (agree && (zeros <= 1 || zeros == rows))
        return WEIR_OK;
    return weir_fail(error, WEIR_INVALID,
                     "The weight %.32s of %.32s is of %.8s and has %zu zero points%s: give none, "
                     "one, or one for each of its %zu rows.",
                     weight->name, cell, weight->type, zeros,
                     agree   ? ""
                     : zeros ? ", which are NULL"
                             : ", which are not NULL",
                     rows);
}

weir_status weir_check_given(const struct weir_kernel *kernel, const weir_layer_config *config,
                             weir_error *error)
{
    const struct weir_sizes sizes = {config->I, config->H, config->P};
    weir_status status = WEIR_OK;
    for (size_t k = 0; k < config->weight_count && !status; k++) {
        const weir_weight *weight = &config->weights[k];
        const struct weir_param *param = &kernel->params[weir_param_find(kernel, weight->name)];
        const enum weir_type type = type_of(weight);
        if (type == WEIR_TYPE_COUNT)
            status = weir_fail(error, WEIR_INVALID,
                               "The weight %.32s of %.32s has the type %.32s: use f32, bf16, f16, "
                               "i8 or u8.",
                               weight->name, kernel->cell, weight->type);
        else if (weir_is_bytes(type) && param->cols == WEIR_ONE)
            status = weir_fail(error, WEIR_INVALID,
                               "The weight %.32s of %.32s is a vector, and may not be of %.8s: "
                               "give it as f32, bf16 or f16.",
                               weight->name, kernel->cell, weight->type);
        else if (weir_is_bytes(type))
            status = check_scales(weight, kernel->cell, weir_extent_of(param->rows, sizes), error);
    }
    return status;
}

/* ---- Whether a kernel takes them ---- */

/* Whether it does numbers of that type. */
static bool takes(const struct weir_kernel *kernel, enum weir_type type)
{
    return type == WEIR_TYPE_F32 || type == kernel->type ||
           (weir_is_bytes(type) ? weir_is_bytes(kernel->type) : kernel->type == WEIR_TYPE_F32);
}

static weir_status check_bytes(const struct weir_kernel *kernel, const struct weir_param *param,
                               const struct weir_numbers *data, size_t rows, weir_error *error)
{
    const size_t row = kernel->type == WEIR_TYPE_I8 ? weir_find_zero(data, rows) : rows;
    return row == rows ? WEIR_OK
                       : weir_fail(error, WEIR_INVALID,
                                   "The weight %.32s of %.32s has in row %zu a zero point, which "
                                   "i8 does not hold: use the type u8.",
                                   param->name, kernel->cell, row);
}

/* Floats, of whatever type. */
static weir_status check_range(const struct weir_kernel *kernel, const struct weir_param *param,
                               const struct weir_numbers *data, size_t rows, size_t cols,
                               weir_error *error)
{
    for (size_t i = 0; i < rows * cols; i++)
        if (!weir_holds(kernel->type, weir_number_at(data, i)))
            return weir_fail(error, WEIR_INVALID,
                             "The weight %.32s of %.32s has %g in row %zu, column %zu, which %s "
                             "does not hold: use another type.",
                             param->name, kernel->cell, (double)weir_number_at(data, i), i / cols,
                             i % cols, weir_type_name(kernel->type));
    return WEIR_OK;
}

static weir_status check_matrix(const struct weir_kernel *kernel, const struct weir_param *param,
                                const struct weir_numbers *data, size_t rows, size_t cols,
                                weir_error *error)
{
    const char *type = weir_type_name(kernel->type), *given = weir_type_name(data->type);
    const bool bytes = weir_is_bytes(data->type);
    const size_t greatest = weir_greatest(data, rows, cols);
    const size_t most = weir_columns_most(kernel->type, greatest);
    if (!takes(kernel, data->type))
        return weir_fail(error, WEIR_INVALID,
                         "The weight %.32s of %.32s is of %s, which the layer's type %s does not "
                         "take: choose %s.",
                         param->name, kernel->cell, given, type,
                         bytes ? "i8 or u8" : "f32, or that of the weight");
    if (cols > most)
        return weir_fail(error, WEIR_INVALID,
                         "The weight %.32s of %.32s has %zu columns, and %s adds at most %zu "
                         "exactly%s: use another type.",
                         param->name, kernel->cell, cols, type, most,
                         greatest == 255   ? " with zero points"
                         : greatest == 128 ? " with a byte of -128"
                                           : "");
    return bytes ? check_bytes(kernel, param, data, rows, error)
                 : check_range(kernel, param, data, rows, cols, error);
}

weir_status weir_check_numbers(const struct weir_kernel *kernel, struct weir_sizes sizes,
                               const struct weir_numbers *data, weir_error *error)
{
    weir_status status = WEIR_OK;
    for (size_t p = 0; p < kernel->param_count && !status; p++) {
        const struct weir_param *param = &kernel->params[p];
        if (param->cols != WEIR_ONE &&
            (kernel->type != WEIR_TYPE_F32 || data[p].type != WEIR_TYPE_F32))
            status = check_matrix(kernel, param, &data[p], weir_extent_of(param->rows, sizes),
                                  weir_extent_of(param->cols, sizes), error);
    }
    return status;
}
