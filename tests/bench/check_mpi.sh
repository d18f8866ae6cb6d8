#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check_mpi.sh BIN MPIRUN: several hosts, which here are names of this one, share the shapes of a sweep, or measure all of it
# each; one that dies costs what it had not yet handed in, is named, and is taken up by --resume.
. "$(dirname "$0")/../shell.sh"
bench=$(realpath "$1/weir-bench")
mpirun=$2
make_scratch
cd "$scratch"
cat >shapes <<'END'
a lstm     3 20 4 5
b gru      3 20 4 5
c rnn_tanh 3 20 4 5
END
run=(--shapes shapes '--benchmark_filter=any__[a-z0-9]*$' --benchmark_repetitions=2 --benchmark_min_time=0.0001
    --out out)
"$bench" "${run[@]}" --mpi each >out 2>err || {
    grep -q "MPI was not found" err && skip "$(<err)"
    fail "--mpi without mpirun: $(<err)"
}
[[ -n $mpirun ]] || skip "there is no mpirun here (Debian: openmpi-bin)"
unshare --uts true 2>err || skip "names of several hosts need rights that are not had here: $(<err)"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
    OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_mpi_yield_when_idle=1
cat >host <<'END'
#!/bin/sh
exec unshare --uts sh -c 'hostname "$0"; exec "$@"' "$@"
END
chmod +x host
wanted=$("$bench" --shapes shapes '--benchmark_filter=any__[a-z0-9]*$' --list | wc -l)
timed() { grep -c '"aggregate_name":[[:space:]]*"median"' out.json || true; }

hosts() { # OPTION...: of hosts one and two
    timeout 60 "$mpirun" -n 1 "$scratch/host" one "$bench" "${run[@]}" "$@" : \
        -n 1 "$scratch/host" two "$bench" "${run[@]}" "$@"
}

# ---- Share: one result, of shapes that both have measured ----

rm -rf out out.*
hosts --mpi share >said 2>err || fail "share: $(<err)"
[[ $(timed) -eq $wanted ]] || fail "share: $(timed) of $wanted were timed: $(<said)"
per=$((wanted / 3 * 2)) # rounds of a shape
{ grep -q "^$((2 * per)) of $((2 * per)) " err && grep -q "^$per of $per " err; } || fail "share: not divided: $(<err)"
grep -qE '"hosts":[[:space:]]*"one, two"' out.json || fail "share: the hosts are not named"
[[ $(ls out.parts | tr '\n' ' ') == "a b c " ]] || fail "share: parts are $(ls out.parts)"

# What is there is kept to the digit; what is gone, damaged or of another run is measured again.
cp out.json before.json
rm out.parts/c
sed -i '$s/$/x/' out.parts/b # behind what is good; rank 0, which reads it, measures it again
hosts --mpi share --resume >said 2>err || fail "resume: $(<err)"
grep -q '^1 shapes were measured before' said || fail "resume: $(<said)"
[[ $(timed) -eq $wanted ]] || fail "resume: $(timed) of $wanted were timed"
times() { grep -A12 "\"name\":[[:space:]]*\"$1/" "$2" | grep '"real_time"'; }
[[ -n $(times a out.json) && $(times a out.json) == "$(times a before.json)" ]] || fail "resume: other times of what is kept"
for shape in b c; do
    ! times $shape out.json | holds -Ff <(times $shape before.json) || fail "resume: times of $shape are taken for new ones"
done

# ---- A host that dies, with others left alive: its share is missing, and named; then taken up ----

rm -rf out.*
cat >mortal <<END
#!/bin/sh
# Ends as a host does that loses its power: once the other has measured something.
"\$@" &
until [ -e out.parts/a ] || ! kill -0 \$!; do sleep 0.01; done
kill -KILL \$! \$\$
END
chmod +x mortal
# (mpirun itself ends with 0 then.)
timeout 60 "$mpirun" --enable-recovery -n 1 "$scratch/host" one "$bench" "${run[@]}" --mpi share --patience 4 : \
    -n 1 "$scratch/host" two "$scratch/mortal" "$bench" "${run[@]}" --mpi share --patience 4 \
    --benchmark_min_time=5 >said 2>err || true
grep -q 'weir-bench: host two was lost' err || fail "the host that was lost is not named: $(<err)"
[[ $(timed) -lt $wanted && $(timed) -gt 0 ]] || fail "$(timed) of $wanted were timed without a host"
hosts --mpi share --resume >said 2>err || fail "after a loss: $(<err)"
[[ $(timed) -eq $wanted ]] || fail "after a loss: $(timed) of $wanted were timed"

# ---- A process that is moved off its core: what it times there is not kept ----

if [[ $(nproc) -ge 2 ]]; then
    rm -rf out.*
    "$bench" "${run[@]}" --mpi share --benchmark_min_time=0.1 >said 2>err &
    while [[ ! -e out.parts/a ]] && kill -0 $! 2>/dev/null; do
        sleep 0.01
    done
    taskset -apc "0-$(($(nproc --all) - 1))" $! >said || fail "it cannot be moved: $(<err)"
    status=0
    wait $! || status=$?
    [[ $status -eq 1 && -e out.parts/a && ! -e out.parts/c ]] && grep -q "no longer pinned" err ||
        fail "moved: status $status, parts are $(ls out.parts): $(<err)"
fi

# ---- Each: a file of every host, one page ----

rm -rf out.* out-*
hosts --mpi each >said 2>err || fail "each: $(<err)"
for host in one two; do
    [[ -s out-$host.json && -s out-$host.md ]] || fail "each: $host has no files: $(ls)"
    grep -q "^# Host $host\$" out.md || fail "each: $host is not on the page"
done

# ---- What is refused, once ----

refuses() { # SENTENCE MPIRUN'S ARGUMENT...
    local status=0
    timeout 100 "$mpirun" "${@:2}" >said 2>err || status=$?
    [[ $status -eq 2 && $(grep -c '^weir-bench: ' err) -eq 1 ]] || fail "${*:2}: $status, $(<err)"
    grep -qF -- "weir-bench: $1" err || fail "${*:2}: expected $1: $(<err)"
}
refuses "ranks 0 and 1 are both on host" -n 2 "$bench" "${run[@]}" --mpi share
refuses "host two is of another kind than one" -n 1 "$scratch/host" one "$bench" "${run[@]}" --mpi share : \
    -n 1 -x WEIR_ISA=scalar "$scratch/host" two "$bench" "${run[@]}" --mpi share
refuses "host two is of another kind than one" -n 1 "$scratch/host" one "$bench" "${run[@]}" --mpi share : \
    -n 1 "$scratch/host" two "$bench" "${run[@]}" --mpi share --longest 3
refuses "--mpi 'both': expected each or share" -n 2 "$bench" "${run[@]}" --mpi both
echo "several hosts share a sweep, and one that dies costs its share alone"
