/* SPDX-License-Identifier: MIT */
/* The page's sentence and tables; see page.h. */
#include "phases/page.h"

#include <string.h>

enum { KINDS = WEIR_PHASE_UNITS + 1 };

/* What phases of a kind are called, and what it is where they take longer than the ceilings allow.
 */
static const struct {
    const char *name, *excess;
} kinds[KINDS] = {
    [WEIR_PHASE_OUTSIDE] = {"the call outside of the kernel", "states copied in and out, checks"},
    [WEIR_PHASE_WALK] = {"the walk over steps and blocks",
                         "loops, branches, calls of tiles, and operands made into bytes"},
    [WEIR_PHASE_AHEAD] = {"the products of the input computed ahead",
                          "latency, loads and the ends of loops"},
    [WEIR_PHASE_SUMS] = {"the sums of each step", "latency, loads and the ends of loops"},
    [WEIR_PHASE_UNITS] = {"elementwise work",
                          "divisions, and the latency of what waits for one another"},
};

/* A part that takes less is not worth a word. */
static const double worth = 0.15;

/* Beyond this many times a ceiling it is not the ceiling that binds. */
static const double near_ceiling = 1.3;

/* All phases of a kind together. */
struct part {
    double seconds;
    struct bound bound;
};

static double part_of(const struct measured *measured, double seconds)
{
    double all = 0;
    for (size_t i = 0; i < measured->count; i++)
        all += measured_phase(measured, &measured->phase[i]);
    return seconds / all;
}

static void add_parts(struct part parts[KINDS], const struct bounds *bounds,
                      const struct measured *measured)
{
    for (size_t i = 0; i < measured->count; i++) {
        const struct weir_phase *phase = &measured->phase[i];
        const struct bound bound = bounds_phase(bounds, measured, phase);
        struct part *part = &parts[phase->kind];
        part->seconds += measured_phase(measured, phase);
        part->bound.arithmetic += bound.arithmetic;
        part->bound.reading += bound.reading;
        part->bound.level = bound.level ? bound.level : part->bound.level;
    }
}

static void add_limit(struct text *page, const struct bound *bound)
{
    if (bound->arithmetic >= bound->reading)
        text_add(page, "the FMA rate");
    else
        text_add(page, "reading from %s", bound->level ? bound->level : memory_level_name[0]);
}

/* ---- The sentence ---- */

static void add_reason(struct text *page, const struct measured *measured,
                       enum weir_phase_kind kind, const struct part *part)
{
    const double least = bound_seconds(&part->bound), times = part->seconds / least;
    text_add(page, "%s (%.0f %% of the time", kinds[kind].name,
             100 * part_of(measured, part->seconds));
    if (least > 0) {
        text_add(page, ", %.2f times what ", times);
        add_limit(page, &part->bound);
        text_add(page, " allows");
    }
    if (!(least > 0) || times > near_ceiling)
        text_add(page, ": %s", kinds[kind].excess);
    text_add(page, ")");
}

static void add_sentence(struct text *page, struct part parts[KINDS],
                         const struct measured *measured)
{
    const char *before = "**Bound by** ";
    bool said[KINDS] = {false};
    for (size_t n = 0; n < KINDS; n++) {
        size_t most = KINDS;
        for (size_t kind = 0; kind < KINDS; kind++)
            if (!said[kind] && (most == KINDS || parts[kind].seconds > parts[most].seconds))
                most = kind;
        said[most] = true;
        if (n > 0 && part_of(measured, parts[most].seconds) < worth)
            break;
        text_add(page, "%s", before);
        add_reason(page, measured, (enum weir_phase_kind)most, &parts[most]);
        before = ", then by ";
    }
    text_add(page, ".\n\n");
}

/* ---- Tables ---- */

static void add_ceilings(struct text *page, const struct bounds *bounds,
                         const struct measured *measured, size_t lanes)
{
    const struct ceilings *ceilings = bounds->ceilings;
    const double fma = ceilings->fma / (2 * (double)lanes * measured->hertz);
    text_add(page, "## Ceilings of this core\n\n| | a second | a cycle |\n|---|---:|---:|\n");
    text_add(page, "| clock, by additions that wait for one another | %.2f GHz | |\n",
             1e-9 * measured->hertz);
    text_add(page,
             "| fused multiply-adds of %s from registers | %.1f GFLOP | %.2f instructions |\n",
             ceilings->isa, 1e-9 * ceilings->fma, fma);
    for (size_t level = 0; level < MEMORY_LEVELS; level++)
        if (ceilings->load[level] > 0)
            text_add(page, "| loads from %s | %.1f GB | %.1f bytes |\n", memory_level_name[level],
                     1e-9 * ceilings->load[level], ceilings->load[level] / measured->hertz);
    text_add(page, "\n");
}

static void add_bytes(struct text *page, double bytes)
{
    if (bytes >= 1e6)
        text_add(page, "%.1f MB", 1e-6 * bytes);
    else
        text_add(page, "%.1f KB", 1e-3 * bytes);
}

static void add_phase(struct text *page, const struct bounds *bounds,
                      const struct measured *measured, const struct weir_phase *phase)
{
    const struct bound bound = bounds_phase(bounds, measured, phase);
    const double seconds = measured_phase(measured, phase), least = bound_seconds(&bound);
    const bool is_tile = phase->kind == WEIR_PHASE_AHEAD || phase->kind == WEIR_PHASE_SUMS;
    text_add(page, is_tile || phase->kind == WEIR_PHASE_UNITS ? "| %s: `%s` | " : "| %s | ",
             kinds[phase->kind].name, phase->name);
    text_add(page, "%.0f | ", (double)phase->entries / (double)measured->calls);
    if (least > 0) {
        text_add(page, "%.0f | ", 1e-3 * bound.flop);
        add_bytes(page, bound.weights);
        text_add(page, "%s%s | ", bound.level ? ", " : "", bound.level ? bound.level : "");
        add_bytes(page, bound.others);
        text_add(page, " | %.2f | ", 1e6 * least);
        add_limit(page, &bound);
        text_add(page, " | ");
    } else {
        text_add(page, "| | | | | ");
    }
    text_add(page, "%.2f | ", 1e6 * seconds);
    if (least > 0)
        text_add(page, "%.2f ", seconds / least);
    text_add(page, "| %.0f %% |\n", 100 * part_of(measured, seconds));
}

static void add_total(struct text *page, const struct bounds *bounds,
                      const struct measured *measured)
{
    const double least =
        calibration_bound(bounds->calibration, bounds->ceilings->isa, bounds->shape, bounds->type);
    double sum = 0, marks = 0;
    for (size_t i = 0; i < measured->count; i++) {
        sum += measured_phase(measured, &measured->phase[i]);
        marks += (double)measured->phase[i].entries / (double)measured->calls;
    }
    text_add(page,
             "\nOne after another the phases take %.2f us a call; the kernel without time stamps "
             "takes **%.2f us**, which is\n%.2f of its bound of %.2f us (docs/bench.md)",
             1e6 * sum, 1e6 * measured->plain, least / measured->plain, 1e6 * least);
    if (sum > measured->plain)
        text_add(page, ": %.0f %% of the phases' time overlaps.\n",
                 100 * (1 - measured->plain / sum));
    else
        text_add(page, ".\n");
    text_add(page,
             "A time stamp waits for all before it. By itself it takes %.1f ns (%.0f cycles), "
             "which is subtracted above: %.0f of\nthem are %.2f us of the %.2f us that a call with "
             "them takes.\n",
             1e9 * measured->mark, measured->mark * measured->hertz, marks,
             1e6 * marks * measured->mark, 1e6 * measured->stamped);
    if (measured->waited > 0.03)
        text_add(page, "NOT QUIET: others had this core for %.0f %% of the time.\n",
                 100 * measured->waited);
}

void page_add(struct text *page, const struct bounds *bounds, const struct measured *measured,
              size_t lanes)
{
    static const enum weir_phase_kind order[KINDS] = {
        WEIR_PHASE_AHEAD, WEIR_PHASE_SUMS, WEIR_PHASE_UNITS, WEIR_PHASE_WALK, WEIR_PHASE_OUTSIDE};
    struct part parts[KINDS] = {{.seconds = 0}};
    add_parts(parts, bounds, measured);
    add_sentence(page, parts, measured);
    add_ceilings(page, bounds, measured, lanes);
    text_add(page, "## Phases of a call\n\n"
                   "| phase | times | kFLOP | weights, from | other bytes | allowed, us | by | "
                   "measured, us | of allowed | part |\n"
                   "|---|---:|---:|---:|---:|---:|---|---:|---:|---:|\n");
    for (size_t n = 0; n < KINDS; n++)
        for (size_t i = 0; i < measured->count; i++)
            if (measured->phase[i].kind == order[n] && measured->phase[i].entries > 0)
                add_phase(page, bounds, measured, &measured->phase[i]);
    add_total(page, bounds, measured);
}

void page_facts(struct text *facts, const struct bounds *bounds, const struct measured *measured,
                size_t lanes)
{
    text_add(facts, "fma %.3f\n", bounds->ceilings->fma / (2 * (double)lanes * measured->hertz));
    for (size_t i = 0; i < measured->count; i++) {
        const struct weir_phase *phase = &measured->phase[i];
        const double seconds = measured_phase(measured, phase);
        if (phase->kind < WEIR_PHASE_AHEAD || phase->amount == 0)
            continue;
        text_add(facts, "%s %s %.3f %.0f %.0f %.4f %.1f\n",
                 phase->kind == WEIR_PHASE_UNITS ? "units" : "tile", phase->name,
                 seconds * measured->hertz * (double)measured->calls / (double)phase->amount,
                 phase->columns, phase->fmas, part_of(measured, seconds),
                 (double)phase->amount / (double)phase->entries);
    }
}
