/* SPDX-License-Identifier: MIT */
/* check_backward [seed [filter [trials]]]: every kernel of the build that trains, whose name
 * matches the filter (a glob) and that this CPU runs is put to the trials of backward_checks.h,
 * beside the scalar kernel of its cell, maths and size. check_backward --self-test: the same trials
 * must reject kernels that were broken on purpose. Exit status 1: something failed; 2: wrong
 * arguments; 77: this CPU runs no kernel that matches and trains. */
#include <stdio.h>

#include "kernels/backward_checks.h"
#include "kernels/broken_backward.h"
#include "kernels/suite.h"

static int self_test(const struct proof *proof)
{
    const struct weir_kernel *kernel;
    size_t checks = 0, failed = 0;
    for (size_t n = 0; (kernel = suite_breakable(proof, n)) != NULL; ++n)
        for (size_t b = 0; b < backward_breakage_count; ++b, ++checks) {
            const struct backward_breakage *breakage = &backward_breakages[b];
            struct weir_kernel broken;
            broken_backward_make(&broken, kernel, breakage);
            failed += !suite_sees(proof, kernel, &broken, breakage->what, breakage->caught_by);
        }
    if (checks == 0) {
        fprintf(stderr, "this build has no lstm of 17x15 that trains, to break: configure with "
                        "-DWEIR_TESTS=ON\n");
        return 2;
    }
    printf("%zu breakages, %zu not caught as they should be\n", checks, failed);
    return failed > 0;
}

int main(int argc, char **argv)
{
    static const struct proof proof = {.program = "check_backward",
                                       .applies = backward_applies,
                                       .others = "do not train",
                                       .begin = backward_begin,
                                       .end = backward_end,
                                       .check = backward_check,
                                       .self_test = self_test};
    return suite_main(&proof, argc, argv);
}
