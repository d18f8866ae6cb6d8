/* SPDX-License-Identifier: MIT */
/* Differences of tensors; see distance.h. */
#include "runner/distance.h"

#include <math.h>

double tensor_distance(const onnx_tensor *found, const onnx_tensor *expected)
{
    double largest = 1, worst = 0;
    bool same = found->type == expected->type && found->rank == expected->rank &&
                !found->floats == !expected->floats;
    for (size_t d = 0; same && d < found->rank; d++)
        same = found->dims[d] == expected->dims[d];
    for (size_t i = 0; same && i < found->count; i++) {
        const double x = found->floats ? (double)found->floats[i] : (double)found->ints[i];
        const double y = expected->floats ? (double)expected->floats[i] : (double)expected->ints[i];
        if (isfinite(x) && isfinite(y)) {
            worst = fmax(worst, fabs(x - y));
            largest = fmax(largest, fabs(y));
        } else {
            same = x == y || (isnan(x) && isnan(y));
        }
    }
    return same ? worst / largest : INFINITY;
}
