/* SPDX-License-Identifier: MIT */
/* Uses what is installed, headers and library: one step of the first cell of the build that has no
 * projection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <weir.h>
#include <weir/kernel.h>

enum { WEIGHTS_MAX = 64, I = 3, H = 5 };

static const float ones[I * H + H * H] = {1.0f, 1.0f, 1.0f};

static weir_status create(weir_layer **layer, weir_error *error)
{
    weir_shape shapes[WEIGHTS_MAX];
    weir_weight weights[WEIGHTS_MAX];
    weir_layer_config config = {.I = I, .H = H, .weights = weights};
    weir_status status = WEIR_UNAVAILABLE;
    const struct weir_kernel *kernel;
    for (size_t i = 0; status && (kernel = weir_kernel_at(i)); i++) {
        config.cell = kernel->cell;
        status = weir_cell_weights(config.cell, I, H, 0, shapes, WEIGHTS_MAX, &config.weight_count,
                                   error);
    }
    for (size_t k = 0; !status && k < config.weight_count; k++)
        weights[k] = (weir_weight){shapes[k].name, ones, shapes[k].rows, shapes[k].cols};
    return status ? status : weir_layer_create(layer, &config, error);
}

int main(void)
{
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", WEIR_VERSION_MAJOR, WEIR_VERSION_MINOR,
             WEIR_VERSION_PATCH);
    if (strcmp(version, weir_version()) != 0) {
        fprintf(stderr, "weir.h is of version %s, and the library of %s\n", version,
                weir_version());
        return EXIT_FAILURE;
    }
    const float x[I] = {1.0f, -1.0f, 0.5f};
    float y[H];
    weir_layer *layer;
    weir_error error = {0};
    if (create(&layer, &error)) {
        fprintf(stderr, "%s\n", error.message);
        return EXIT_FAILURE;
    }
    weir_layer_forward(layer, &(weir_sequence){.T = 1, .B = 1, .x = x, .y = y});
    printf("%s: y[0] = %g\n", weir_layer_kernel(layer)->name, (double)y[0]);
    weir_layer_destroy(layer);
    return EXIT_SUCCESS;
}
