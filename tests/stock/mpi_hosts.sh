#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mpi_hosts.sh WEIR_STOCK MPIRUN: two hosts with addresses and names of their own, which here are namespaces of this one,
# give the bits of one process; checkpoints are files of the first alone.
. "$(dirname "$0")/mpi_common.sh"
command -v ip >/dev/null || skip "there is no ip here to make networks with (Debian: iproute2)"
tools=$(mktemp -d)
one=weir-a-$$ two=weir-b-$$
if ! ip netns add $one 2>err || ! unshare --uts true 2>err; then
    ip netns del $one 2>/dev/null || :
    rm -rf "$tools"
    skip "networks of one's own need rights that are not had here: $(<err)"
fi
trap 'ip netns del $one || :; ip netns del $two || :; rm -rf "$scratch" "$tools"' EXIT
ip netns add $two
ip link add a$$ type veth peer name b$$ || skip "no network can be laid between two namespaces here"
ip link set a$$ netns $one
ip link set b$$ netns $two
for host in "$one a$$ 10.213.77.1" "$two b$$ 10.213.77.2"; do
    read -r name link address <<<"$host"
    ip -n "$name" addr add "$address/24" dev "$link"
    ip -n "$name" link set "$link" up
    ip -n "$name" link set lo up
done

# How mpirun gets to the second: in place of ssh. There, this folder is empty.
cat >"$tools/agent" <<END
#!/bin/sh
shift
exec ip netns exec $two unshare --uts --mount sh -c 'hostname $two; mount -t tmpfs none "$scratch"; '"\$*"
END
chmod +x "$tools/agent"
at_home() { # COMMAND...
    ip netns exec $one unshare --uts sh -c "hostname $one; exec \"\$@\"" sh "$@"
}
net=(--mca btl tcp,self --mca btl_tcp_if_include 10.213.77.0/24 --mca oob_tcp_if_include 10.213.77.0/24
    --mca plm_rsh_agent "$tools/agent")
both() { # COMMAND...
    at_home timeout 100 "$mpirun" "${net[@]}" --host 10.213.77.1:1,10.213.77.2:1 -n 2 "$@" >out 2>err ||
        fail "$*: $(<err)"
}
both hostname
[[ $(sort out) == "$(printf '%s\n' $one $two)" ]] || fail "these are not two hosts: $(<out)"
touch here
both ls -1 "$scratch"
[[ $(grep -c '^here$' out) -eq 1 ]] || fail "the second host has files of the first: $(<out)"
training=("${small[@]}" --slices 3)
"$stock" "${training[@]}" --weights alone >out 2>err || fail "$(<err)"
both "$stock" --mpi "${training[@]}" --epochs 1 --checkpoint state
grep -q '^2 processes' out || fail "there are not two: $(<out)"
both "$stock" --mpi "${training[@]}" --checkpoint state --resume --weights shared
same alone shared "two hosts give other weights than one process"
grep -q '^Goes on from state: 1 epochs' out || fail "it does not go on: $(<out)"
echo "two hosts give the bits of one process"
