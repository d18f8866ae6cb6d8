/* SPDX-License-Identifier: MIT */
/* check_kernels [seed [filter [trials]]]: every kernel of the build whose name matches the filter
 * (a glob) and that this CPU runs is put to the trials of kernel_checks.h, beside the scalar kernel
 * of its cell, maths and size; size-generic ones at the odd sizes. check_kernels --self-test: the
 * same trials must reject kernels that were broken on purpose. Exit status 1: something failed; 2:
 * wrong arguments; 77: this CPU runs no kernel that matches. */
#include <stdio.h>

#include "kernels/broken_kernel.h"
#include "kernels/suite.h"

static int self_test(const struct proof *proof)
{
    const struct weir_kernel *kernel;
    size_t checks = 0, failed = 0;
    for (size_t n = 0; (kernel = suite_breakable(proof, n)) != NULL; ++n)
        for (size_t b = 0; b < breakage_count; ++b, ++checks) {
            struct weir_kernel broken;
            broken_kernel_make(&broken, kernel, &breakages[b]);
            failed +=
                !suite_sees(proof, kernel, &broken, breakages[b].what, breakages[b].caught_by);
        }
    if (checks == 0) {
        fprintf(stderr,
                "this build has no lstm of 17x15 to break: configure with -DWEIR_TESTS=ON\n");
        return 2;
    }
    printf("%zu breakages, %zu not caught as they should be\n", checks, failed);
    return failed > 0;
}

int main(int argc, char **argv)
{
    static const struct proof proof = {
        .program = "check_kernels", .check = trial_check, .self_test = self_test};
    return suite_main(&proof, argc, argv);
}
