/* SPDX-License-Identifier: MIT */
/* The C shim around Google Benchmark 1.7; see gbench.h. Nothing here knows what is measured. */
#include "gbench.h"

#include <benchmark/benchmark.h>

#include <vector>

namespace {

benchmark::State *unwrap(gbench_state *state)
{
    return reinterpret_cast<benchmark::State *>(state);
}

/* Hands every run to C, and on to Google Benchmark's own reporter where one is wanted. */
struct Reporter : benchmark::BenchmarkReporter {
    gbench_report *report = nullptr;
    void *argument = nullptr;
    BenchmarkReporter *shown = nullptr;

    bool ReportContext(const Context &context) override
    {
        return !shown || shown->ReportContext(context);
    }
    void ReportRuns(const std::vector<Run> &runs) override
    {
        for (const Run &run : runs) {
            std::vector<gbench_counter> counters;
            for (const auto &counter : run.counters)
                counters.push_back({counter.first.c_str(), counter.second.value});
            const std::string name = run.run_name.str();
            const char *error = run.error_occurred ? run.error_message.c_str() : nullptr;
            const bool is_aggregate = run.run_type == Run::RT_Aggregate;
            const double n = run.iterations ? double(run.iterations) : 1;
            const double real = run.real_accumulated_time / n, cpu = run.cpu_accumulated_time / n;
            const gbench_run plain{name.c_str(), error, is_aggregate,    run.iterations,
                                   real,         cpu,   counters.data(), counters.size()};
            report(&plain, argument);
        }
        if (shown)
            shown->ReportRuns(runs);
    }
    void Finalize() override
    {
        if (shown)
            shown->Finalize();
    }
};

} // namespace

bool gbench_keep_running(gbench_state *state)
{
    return unwrap(state)->KeepRunning();
}

void gbench_set(gbench_state *state, const char *name, double value)
{
    unwrap(state)->counters[name] = value;
}

void gbench_skip(gbench_state *state, const char *why)
{
    unwrap(state)->SkipWithError(why);
}

void gbench_register(const char *name, gbench_body *body, void *argument)
{
    benchmark::RegisterBenchmark(name, [body, argument](benchmark::State &state) {
        body(reinterpret_cast<gbench_state *>(&state), argument);
    });
}

void gbench_initialize(int *argc, char **argv, void (*help)(void))
{
    benchmark::Initialize(argc, argv, help);
}

void gbench_print_help(void)
{
    benchmark::PrintDefaultHelp();
}

void gbench_context(const char *key, const char *value)
{
    benchmark::AddCustomContext(key, value);
}

size_t gbench_run_all(gbench_report *report, void *argument, bool show)
{
    Reporter reporter;
    reporter.report = report;
    reporter.argument = argument;
    reporter.shown = show ? benchmark::CreateDefaultDisplayReporter() : nullptr;
    return benchmark::RunSpecifiedBenchmarks(&reporter);
}
