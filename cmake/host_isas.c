/* SPDX-License-Identifier: MIT */
/* Prints, as a list for CMake, the ISAs that this machine's CPU runs: what -DWEIR_BUILD_ISAS=native
 * builds, and whether AVX-512 has to be proved through SIMDe. */
#include "cpu_features.h"

#include <stdio.h>

int main(void)
{
    const unsigned features = weir_cpu_detect();
    for (size_t isa = 0; isa < WEIR_ISA_COUNT; isa++)
        if ((features & weir_isas[isa].features) == weir_isas[isa].features)
            printf("%s%s", isa ? ";" : "", weir_isas[isa].name);
    return 0;
}
