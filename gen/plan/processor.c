/* SPDX-License-Identifier: MIT */
/* The processor by /proc and /sys; see processor.h. */
#include "plan/processor.h"

#include "common/text.h"
#include "microarchitecture.h"

#include <stdio.h>
#include <string.h>

/* Adds what a file says, without what could not stand in a line of text. */
static void add_words(struct text *out, const char *words)
{
    for (; *words; words++)
        if (*words > ' ' && *words <= '~')
            text_add(out, "%c", *words);
}

/* Of the first core: the value of a line "key : value" of /proc/cpuinfo. */
static void add_value(struct text *out, const char *key)
{
    char line[1024];
    const size_t length = strlen(key);
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = line + length + strspn(line + length, " \t");
        if (strncmp(line, key, length) != 0 || *colon != ':')
            continue;
        text_add(out, "%s", out->length ? " " : "");
        add_words(out, colon + 1);
        break;
    }
    if (file)
        fclose(file);
}

static void add_caches(struct text *out)
{
    enum { CACHES_MAX = 10 };
    for (int cache = 0; cache < CACHES_MAX; cache++) {
        char path[80], size[32];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", cache);
        FILE *file = fopen(path, "r");
        if (file && fgets(size, sizeof size, file)) {
            text_add(out, "%s", cache ? " " : ", caches ");
            add_words(out, size);
        }
        if (file)
            fclose(file);
    }
}

char *processor_name(void)
{
    /* Of x86, and then of Arm. */
    static const char *const keys[] = {"vendor_id",   "cpu family",      "model",
                                       "stepping",    "CPU implementer", "CPU architecture",
                                       "CPU variant", "CPU part",        "CPU revision"};
    struct text out = {0};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        add_value(&out, keys[i]);
    if (!out.length)
        text_add(&out, "unknown");
    add_caches(&out);
    return out.chars;
}

const char *processor_microarchitecture(const char *name)
{
    char vendor[16];
    unsigned family, model;
    return sscanf(name, "%15s %5u %5u", vendor, &family, &model) == 3
               ? weir_microarchitecture_of(vendor, family, model)
               : NULL;
}
