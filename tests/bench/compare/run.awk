# SPDX-License-Identifier: MIT
# A file of results as weir-bench writes it, of rounds whose noise is always the same. Lines on stdin: shape contender kind
# isa type us. Variables: cpu, family, commit, rounds, seed, times (what all times are multiplied by), own (the same of
# Weir's kernels), cap.

function entry(text) {
    printf "%s    {%s}", some++ ? ",\n" : "", text
}

function sizes(shape) {
    return shape == "large" ? "\"cell\": \"gru\", \"I\": 256, \"H\": 256, \"P\": 0, \"T\": 100, \"B\": 4" \
                            : "\"cell\": \"lstm\", \"I\": 2, \"H\": 64, \"P\": 0, \"T\": 10, \"B\": 1"
}

# Of 1 %, to the longer side.
function noise() {
    seed = (seed * 16807) % 2147483647
    return 1 + 0.01 * (seed / 2147483647) ^ 2
}

BEGIN {
    CONVFMT = "%.9g"
    given = seed
    for (r = 0; r < 9; r++)
        noise()
    printf "{\n  \"context\": {\"date\": \"2026-01-01T00:00:00Z\", \"weir_commit\": \"%s\", \"cpu\": \"%s\", ", commit, cpu
    printf "\"cpu_family_model_stepping\": \"%s\", \"weir_isa_cap\": \"%s\", ", family, cap
    printf "\"ceiling_avx2_fma_gflops\": %s, \"load_average_before\": \"%s\", ", 100 / times, given
    printf "\"run_seconds\": 10, \"run_cpu_seconds\": %s},\n  \"benchmarks\": [\n", given == 3 ? 8 : 9.9
}
NF == 6 {
    name = "\"run_name\": \"" $1 "/" $2 "\", \"repetitions\": " rounds ", \"threads\": 1, \"time_unit\": \"us\""
    factor = times * ($2 ~ /__/ ? own : 1)
    for (r = 0; r < rounds; r++) {
        time[r] = $6 * factor * noise()
        entry("\"name\": \"" $1 "/" $2 "\", " name ", \"run_type\": \"iteration\", \"repetition_index\": " r \
              ", \"iterations\": 100, \"real_time\": " time[r] ", \"cpu_time\": " time[r])
    }
    for (r = 0; r < rounds; r++) { # in order
        for (s = r + 1; s < rounds; s++)
            if (time[s] < time[r]) { t = time[r]; time[r] = time[s]; time[s] = t }
    }
    entry("\"name\": \"" $1 "/" $2 "_median\", " name ", \"run_type\": \"aggregate\", \"aggregate_name\": \"median\", " \
          "\"aggregate_unit\": \"time\", \"iterations\": " rounds ", \"real_time\": " time[int(rounds / 2)] \
          ", \"cpu_time\": " time[int(rounds / 2)] ", \"bound_us\": " 2 * times ", \"kind\": \"" $3 "\", \"contender\": \"" $2 \
          "\", \"shape\": \"" $1 "\", \"isa\": \"" $4 "\", \"type\": \"" $5 "\", " sizes($1))
}
END {
    print "\n  ]\n}"
}
