/* SPDX-License-Identifier: MIT */
/* weir-info: what Weir finds on this machine and in this build. Decides nothing: it asks libweir,
 * hwloc and the CPU, and prints what they say. */
#include "common/ending.h"
#include "common/setting.h"
#include "weir.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#ifdef WEIR_HAS_HWLOC
#include <hwloc.h>
#endif

enum { STATUS_BAD_INPUT = 2, PAGE = 100 };

/* Every line begins with what it is about. */
#define LABEL "%-9s"

static const char usage[] =
    "usage: weir-info [--kernels | --version | --help]\n"
    "\n"
    "Says which CPU this is, the ISAs that it has, the level that Weir uses and why, which "
    "kernels\n"
    "are tuned for it, cores and caches, and the kernels in this build.\n"
    "\n"
    "  --kernels   only the names of all kernels in this build, one a line\n"
    "  --version   only the version of Weir\n"
    "  --help      this text\n"
    "\n"
    "Environment:\n"
    "  WEIR_ISA      the highest level to use: scalar, avx2, avx2vnni, avx512, avx512vnni,\n"
    "                neon or neondot\n"
    "  WEIR_KERNEL   the kernel that every layer must use, by name\n"
    "  WEIR_VERBOSE  1: every layer says on stderr which kernel it runs, and why\n";

/* ---- The CPU ---- */

/* Without the blanks that pad the model on either side. */
static void trim(char *text)
{
    size_t length = strlen(text);
    const size_t blanks = strspn(text, " ");
    while (length > blanks && text[length - 1] == ' ')
        length--;
    memmove(text, text + blanks, length - blanks);
    text[length - blanks] = '\0';
}

/* The CPU is asked, not the operating system: an emulator answers for the CPU that it emulates.
 * Empty where a program cannot ask. */
static void ask_model(char model[64])
{
    memset(model, 0, 64);
#if defined(__x86_64__)
    const unsigned first = 0x80000002, last = 0x80000004;
    if ((unsigned)__get_cpuid_max(0x80000000, NULL) < last)
        return;
    for (unsigned leaf = first; leaf <= last; leaf++) {
        unsigned part[4];
        __cpuid(leaf, part[0], part[1], part[2], part[3]);
        memcpy(model + (leaf - first) * sizeof part, part, sizeof part);
    }
    trim(model);
#endif
}

/* `told` is what the operating system says, or NULL. */
static void print_model(const char *told)
{
    char asked[64], heard[128] = "";
    ask_model(asked);
    if (told)
        snprintf(heard, sizeof heard, "%s", told);
    trim(heard);
    if (!*asked && !*heard)
        printf(LABEL "of unknown model\n", "CPU");
    else if (!*asked)
        printf(LABEL "%s, says the operating system\n", "CPU", heard);
    else if (!*heard || strcmp(asked, heard) == 0)
        printf(LABEL "%s\n", "CPU", asked);
    else
        printf(LABEL "%s; the operating system says %s\n", "CPU", asked, heard);
}

/* ---- Cores and caches ---- */

#ifdef WEIR_HAS_HWLOC

static void print_counts(hwloc_topology_t topology)
{
    static const struct {
        hwloc_obj_type_t type;
        const char *one, *many;
    } rows[] = {{HWLOC_OBJ_CORE, "core", "cores"},
                {HWLOC_OBJ_PU, "hardware thread", "hardware threads"},
                {HWLOC_OBJ_PACKAGE, "package", "packages"},
                {HWLOC_OBJ_NUMANODE, "NUMA node", "NUMA nodes"}};
    bool any = false;
    printf(LABEL, "Cores");
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const int count = hwloc_get_nbobjs_by_type(topology, rows[k].type);
        if (count > 0) {
            printf("%s%d %s", any ? ", " : "", count, count == 1 ? rows[k].one : rows[k].many);
            any = true;
        }
    }
    printf("%s\n", any ? "" : "not known: the operating system does not tell them");
}

/* As "48 KB x 2"; cores of two kinds may have caches of two sizes. */
static void print_cache(hwloc_topology_t topology, hwloc_obj_type_t type, int count)
{
    int same;
    for (int i = 0; i < count; i += same) {
        const uint64_t bytes = hwloc_get_obj_by_type(topology, type, (unsigned)i)->attr->cache.size;
        for (same = 1; i + same < count; same++)
            if (hwloc_get_obj_by_type(topology, type, (unsigned)(i + same))->attr->cache.size !=
                bytes)
                break;
        const bool whole = bytes >= 1 << 20 && bytes % (1 << 20) == 0;
        printf("%s%" PRIu64 " %s x %d", i ? " + " : "", whole ? bytes >> 20 : bytes >> 10,
               whole ? "MB" : "KB", same);
    }
}

static void print_caches(hwloc_topology_t topology)
{
    static const struct {
        hwloc_obj_type_t type;
        const char *name;
    } rows[] = {{HWLOC_OBJ_L1CACHE, "L1d"},
                {HWLOC_OBJ_L2CACHE, "L2"},
                {HWLOC_OBJ_L3CACHE, "L3"},
                {HWLOC_OBJ_L4CACHE, "L4"}};
    bool any = false;
    printf(LABEL, "Caches");
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const int count = hwloc_get_nbobjs_by_type(topology, rows[k].type);
        if (count > 0) {
            printf("%s%s ", any ? ", " : "", rows[k].name);
            print_cache(topology, rows[k].type, count);
            any = true;
        }
    }
    printf("%s\n", any ? "" : "not known: the operating system does not tell them");
}

static void print_machine(void)
{
    hwloc_topology_t topology;
    if (hwloc_topology_init(&topology)) {
        print_model(NULL);
        printf(LABEL "not known: hwloc does not start\n", "Cores");
        return;
    }
    if (hwloc_topology_load(topology)) {
        print_model(NULL);
        printf(LABEL "not known: hwloc cannot read the topology of this machine\n", "Cores");
    } else {
        const hwloc_obj_t package = hwloc_get_obj_by_type(topology, HWLOC_OBJ_PACKAGE, 0);
        print_model(package ? hwloc_obj_get_info_by_name(package, "CPUModel") : NULL);
        print_counts(topology);
        print_caches(topology);
    }
    hwloc_topology_destroy(topology);
}

#else

static void print_machine(void)
{
    print_model(NULL);
    printf(LABEL "not known: this weir-info was built without hwloc\n", "Cores");
}

#endif

/* ---- The level ---- */

static void print_level(const char *level)
{
    const char *asked = setting("WEIR_ISA"), *best = level;
    printf(LABEL, "ISAs");
    for (size_t k = 0; weir_isa_name(k); k++) {
        const bool runs = weir_isa_runs_here(weir_isa_name(k));
        printf("%s%s %s", k ? ", " : "", weir_isa_name(k), runs ? "yes" : "no");
        if (runs)
            best = weir_isa_name(k);
    }
    printf("\n" LABEL "%s: ", "Level", level);
    if (!asked)
        printf("the best that this CPU has; WEIR_ISA is not set\n");
    else if (strcmp(level, best) == 0)
        printf("named by WEIR_ISA, and the best that this CPU has\n");
    else
        printf("named by WEIR_ISA; the best that this CPU has is %s\n", best);
    if (strcmp(weir_isa_base(level), level) != 0)
        printf(LABEL "runs on %s: it gains nothing from what %s adds\n", "float32",
               weir_isa_base(level), level);
}

/* False, with a sentence, when WEIR_KERNEL names a kernel that no layer can have. */
static bool check_forced(void)
{
    const char *asked = setting("WEIR_KERNEL");
    const struct weir_kernel *kernel;
    size_t i = 0;
    if (!asked)
        return true;
    while ((kernel = weir_kernel_at(i)) && strcmp(weir_kernel_describe(kernel).name, asked) != 0)
        i++;
    if (kernel && weir_kernel_runs_here(kernel))
        return true;
    fprintf(stderr,
            "weir-info: WEIR_KERNEL=%s %s; unset it, or name one of those that weir-info --kernels "
            "lists.\n",
            asked, kernel ? "does not run on this CPU" : "names no kernel of this build");
    return false;
}

static void print_forced(void)
{
    if (setting("WEIR_KERNEL"))
        printf(LABEL "%s: named by WEIR_KERNEL\n", "Kernel", setting("WEIR_KERNEL"));
}

/* ---- Kernels ---- */

/* The forms of a kernel: of float32 either form of the maths, or another type of weights. */
static const struct form {
    const char *name, *type, *math;
} forms[] = {{"inline", "f32", "inline"}, {"sleef", "f32", "sleef"}, {"bf16", "bf16", "inline"},
             {"f16", "f16", "inline"},    {"i8", "i8", "inline"},    {"u8", "u8", "inline"}};

enum { FORMS = sizeof forms / sizeof *forms };

/* A cell at a size, and for every form the set of ISAs that have a kernel for it. */
struct entry {
    weir_kernel_info kernel;
    unsigned isas[FORMS];
    bool printed;
};

static bool is_same_size(const weir_kernel_info *one, const weir_kernel_info *other)
{
    return strcmp(one->cell, other->cell) == 0 && one->I == other->I && one->H == other->H &&
           one->P == other->P;
}

/* Of two entries that say the same but for their sizes, one row is made. */
static bool is_same_row(const struct entry *one, const struct entry *other)
{
    return strcmp(one->kernel.cell, other->kernel.cell) == 0 &&
           memcmp(one->isas, other->isas, sizeof one->isas) == 0;
}

static size_t collect_entries(struct entry *entries)
{
    size_t count = 0;
    for (size_t i = 0; i < weir_kernel_count(); i++) {
        const weir_kernel_info kernel = weir_kernel_describe(weir_kernel_at(i));
        size_t at = 0, isa = 0, form = 0;
        while (at < count && !is_same_size(&entries[at].kernel, &kernel))
            at++;
        if (at == count)
            entries[count++] = (struct entry){.kernel = kernel};
        while (strcmp(weir_isa_name(isa), kernel.isa) != 0)
            isa++;
        while (strcmp(forms[form].type, kernel.type) != 0 ||
               strcmp(forms[form].math, kernel.math) != 0)
            form++;
        entries[at].isas[form] |= 1u << isa;
    }
    return count;
}

/* A list of words, its columns, and where the next line of it starts. */
static int print_word(int column, int indent, const char *word)
{
    const int length = (int)strlen(word);
    if (column + 1 + length > PAGE) {
        printf("\n%*s", indent, "");
        column = indent;
    } else if (column > indent) {
        column += printf(" ");
    }
    printf("%s", word);
    return column + length;
}

static int print_isas(unsigned isas)
{
    int column = 0;
    for (size_t k = 0; weir_isa_name(k); k++)
        if (isas >> k & 1)
            column = print_word(column, 0, weir_isa_name(k));
    return column;
}

/* Kernels that are tuned for this CPU, which layers prefer; of the others how many there are. */
static void print_tuned(void)
{
    enum { INDENT = 9 };
    const char *here = weir_microarchitecture();
    size_t mine = 0, others = 0;
    int column = INDENT;
    printf(LABEL, "Tuned");
    for (size_t i = 0; i < weir_kernel_count(); i++) {
        const weir_kernel_info kernel = weir_kernel_describe(weir_kernel_at(i));
        const bool is_mine = kernel.tuned_for && here && strcmp(kernel.tuned_for, here) == 0;
        others += kernel.tuned_for && !is_mine;
        if (is_mine && mine++ == 0)
            column += printf("for %s, which this CPU is, and so preferred:", here);
        if (is_mine)
            column = print_word(column, INDENT, kernel.name);
    }
    if (!here)
        printf("no kernel for this CPU, whose microarchitecture is not one that Weir knows");
    else if (!mine)
        printf("no kernel for %s, which this CPU is", here);
    printf(others ? "; %zu for other CPUs\n" : "\n", others);
}

/* The forms that have kernels of the same ISAs as one of them. Returns the columns. */
static int print_forms(const struct entry *entry, size_t first)
{
    int column = 0;
    for (size_t form = first; form < FORMS; form++)
        if (entry->isas[form] == entry->isas[first])
            column = print_word(column, 0, forms[form].name);
    return column;
}

static void print_row(struct entry *entries, size_t count, size_t form)
{
    enum { CELL = 19, ISAS = 20, NAMES = 22, SIZES = 2 + CELL + ISAS + NAMES };
    int column = SIZES;
    printf("  %-*s", CELL, entries->kernel.cell);
    printf("%*s", ISAS - print_isas(entries->isas[form]), "");
    printf("%*s", NAMES - print_forms(entries, form), "");
    for (size_t i = 0; i < count; i++) {
        const weir_kernel_info *kernel = &entries[i].kernel;
        char size[80] = "any";
        if (!is_same_row(entries, &entries[i]))
            continue;
        if (kernel->P)
            snprintf(size, sizeof size, "%zux%zux%zu", kernel->I, kernel->H, kernel->P);
        else if (kernel->I)
            snprintf(size, sizeof size, "%zux%zu", kernel->I, kernel->H);
        column = print_word(column, SIZES, size);
        entries[i].printed = true;
    }
    printf("\n");
}

/* Whether no form before it has kernels of the same ISAs. */
static bool is_first_form(const struct entry *entry, size_t form)
{
    size_t first = 0;
    while (entry->isas[first] != entry->isas[form])
        first++;
    return first == form;
}

static void print_kernels(struct entry *entries, size_t count)
{
    size_t runnable = 0;
    for (size_t i = 0; i < weir_kernel_count(); i++)
        runnable += weir_kernel_runs_here(weir_kernel_at(i));
    printf(LABEL "%zu in this build, %zu of them run here (weir-info --kernels lists them)\n\n",
           "Kernels", weir_kernel_count(), runnable);
    printf("  %-19s%-20s%-22s%s\n", "cell", "ISAs", "forms", "sizes I x H, or I x H x P");
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &entries[i];
        if (entry->printed)
            continue;
        for (size_t form = 0; form < FORMS; form++)
            if (entry->isas[form] && is_first_form(entry, form))
                print_row(entry, count - i, form);
    }
}

static int print_report(void)
{
    const char *level;
    weir_error error;
    if (weir_isa_level(&level, &error)) {
        fprintf(stderr, "weir-info: %s\n", error.message);
        return STATUS_BAD_INPUT;
    }
    if (!check_forced())
        return STATUS_BAD_INPUT;
    struct entry *entries = calloc(weir_kernel_count() + 1, sizeof *entries);
    if (!entries) {
        fprintf(stderr, "weir-info: there is no memory for a list of the kernels: free some.\n");
        return EXIT_FAILURE;
    }
    print_machine();
    print_level(level);
    print_tuned();
    print_forced();
    print_kernels(entries, collect_entries(entries));
    free(entries);
    return EXIT_SUCCESS;
}

/* Does what is asked for; the exit status. */
static int run(int argc, char **argv)
{
    if (argc == 1)
        return print_report();
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return EXIT_SUCCESS;
    }
    if (argc == 2 && strcmp(argv[1], "--kernels") == 0) {
        for (size_t i = 0; i < weir_kernel_count(); i++)
            puts(weir_kernel_describe(weir_kernel_at(i)).name);
        return EXIT_SUCCESS;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts(weir_version());
        return EXIT_SUCCESS;
    }
    fprintf(stderr, "weir-info: it takes --kernels, --version or --help or nothing, not \"%s\".\n",
            argv[argc > 2 ? 2 : 1]);
    return STATUS_BAD_INPUT;
}

int main(int argc, char **argv)
{
    return end_program("weir-info", run(argc, argv));
}
