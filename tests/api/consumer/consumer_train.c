/* SPDX-License-Identifier: MIT */
/* Uses what is installed of the training kit: one step of an optimiser, in a file and out again. */
#include <stdio.h>
#include <stdlib.h>
#include <weir_train.h>

static const char path[] = "consumer.safetensors";

static weir_status run(float *read, weir_error *error)
{
    float value = 1.0f, gradient = 0.5f;
    const weir_parameter parameter = {"w", 1, 1, &value, &gradient};
    const weir_optimiser_config config = {.method = WEIR_SGD, .rate = 0.5};
    const weir_tensor tensor = {.name = "w", .dtype = WEIR_F32, .data = &value};
    weir_optimiser *optimiser = NULL;
    weir_tensors *file = NULL;
    weir_status status = weir_optimiser_create(&optimiser, &config, &parameter, 1, error);
    if (!status)
        weir_optimiser_step(optimiser);
    if (!status)
        status = weir_tensors_write(path, &tensor, 1, NULL, 0, error);
    if (!status)
        status = weir_tensors_open(&file, path, error);
    if (!status)
        status = weir_tensors_read(file, &tensor, read, error);
    weir_tensors_close(file);
    weir_optimiser_destroy(optimiser);
    remove(path);
    return status;
}

int main(void)
{
    float value = 0;
    weir_error error = {0};
    if (run(&value, &error) || value != 0.75f) {
        fprintf(stderr, "%g %s\n", (double)value, error.message);
        return EXIT_FAILURE;
    }
    printf("training: %g\n", (double)value);
    return EXIT_SUCCESS;
}
