# SPDX-License-Identifier: MIT
# What the tests of --mpi share. Sourced, with weir-stock as the first argument, and mpirun as the second.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mpirun=$2
"$stock" "${small[@]}" --epochs 1 --mpi >out 2>err || {
    grep -q "MPI was not found" err && skip "$(<err)"
    fail "--mpi without mpirun: $(<err)"
}
[[ -n $mpirun ]] || skip "there is no mpirun here (Debian: openmpi-bin)"

# More processes than cores, by whoever runs the tests, each of which gives way when it waits.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
    OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1

ranks() { # NUMBER ARGUMENT...
    timeout 120 "$mpirun" -n "$1" "$stock" --mpi "${@:2}"
}
