/* SPDX-License-Identifier: MIT */
/* make_weights FILE COUNT SEED: a file of float32 between -1/2 and 1/2. */
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
    FILE *file = count == 4 ? fopen(arguments[1], "wb") : NULL;
    unsigned random = count == 4 ? (unsigned)atoi(arguments[3]) : 0;
    if (!file)
        return EXIT_FAILURE;
    for (int i = 0; i < atoi(arguments[2]); i++) {
        random = random * 1664525u + 1013904223u;
        const float weight = (float)(random >> 8) / (float)(1 << 24) - 0.5f;
        fwrite(&weight, sizeof weight, 1, file);
    }
    return fclose(file) ? EXIT_FAILURE : EXIT_SUCCESS;
}
