/* SPDX-License-Identifier: MIT */
/* test_packing: weights that were narrowed before give, packed, the very bytes that they give as
 * floats, for every type, in regions of several matrices, with and without a tail, of rows that lie
 * by themselves, at sizes around those of vectors and words; and bytes have the scales that they
 * should. */
#include "packing.h"

#include "support/expect.h"
#include "support/inputs.h"

enum { MATRICES = 3, ROWS = 35, COLS = 67, FLOATS = 16384, MIDDLE = 128 };

/* Matrices as floats, and as a type has them. */
struct weights {
    float floats[MATRICES][ROWS * COLS];
    float scales[MATRICES][ROWS];
    unsigned char narrow[MATRICES][1 + ROWS * COLS * sizeof(float)];
    struct weir_numbers wide[MATRICES], given[MATRICES];
};

/* A number of any size: of few bits, so that there are ties between two bytes, or none. */
static float draw(struct random *random)
{
    const float number = ((float)random_below(random, 511) - 255) / 2;
    const size_t kind = random_below(random, 8);
    return kind == 0 ? number * 0x1p-100f : kind == 1 ? number * 0x1p-130f : number;
}

static void narrow_row(struct weights *w, size_t m, size_t row, size_t cols, enum weir_type type)
{
    const float scale = weir_row_scale(&w->wide[m], row * cols, 1, cols);
    unsigned char *to = w->narrow[m] + 1; /* at an odd address */
    for (size_t i = row * cols; i < (row + 1) * cols; i++) {
        const float weight = w->floats[m][i];
        const int byte = weir_byte(weight, scale) + (type == WEIR_TYPE_U8 ? MIDDLE : 0);
        const uint16_t half = type == WEIR_TYPE_BF16 ? bfloat_narrow(weight) : half_narrow(weight);
        if (type == WEIR_TYPE_F32)
            memcpy(to + i * sizeof weight, &weight, sizeof weight);
        else if (weir_is_bytes(type))
            to[i] = (unsigned char)byte;
        else
            memcpy(to + i * sizeof half, &half, sizeof half);
    }
    w->scales[m][row] = scale;
}

/* Rows of zeros and of tiny numbers among those of all sizes. */
static void fill(struct weights *w, struct random *random, size_t rows, size_t cols,
                 enum weir_type type)
{
    static const unsigned char middle = MIDDLE;
    memset(w->narrow, 0, sizeof w->narrow);
    for (size_t m = 0; m < MATRICES; m++) {
        w->wide[m] = (struct weir_numbers){.data = w->floats[m]};
        w->given[m] = (struct weir_numbers){.data = w->narrow[m] + 1,
                                            .type = type,
                                            .scales = w->scales[m],
                                            .zeros = type == WEIR_TYPE_U8 ? &middle : NULL,
                                            .one_zero = true};
        for (size_t row = 0; row < rows; row++) {
            const float factor = row % 5 == 3 ? 0x1p-104f : row % 5 == 4 ? 0 : 1;
            for (size_t col = 0; col < cols; col++)
                w->floats[m][row * cols + col] = draw(random) * factor;
            narrow_row(w, m, row, cols, type);
        }
    }
}

static void check_region(const struct weights *w, const struct weir_region *region, size_t lanes,
                         size_t rows, size_t cols)
{
    static float wanted[FLOATS], found[FLOATS];
    static const float ones[MATRICES] = {1, 1, 1};
    const size_t floats = weir_region_floats(region, lanes, rows, cols);
    if (!EXPECT(floats < FLOATS, "%zu", floats))
        return;
    memset(wanted, 0, sizeof wanted);
    memset(found, 0, sizeof found);
    weir_pack_region(region, lanes, rows, cols, false, w->wide, ones, wanted);
    weir_pack_region(region, lanes, rows, cols, false, w->given, ones, found);
    EXPECT(!memcmp(wanted, found, sizeof wanted), "%s, %zu rows, %zu columns, %zu lanes, %s",
           weir_type_name(region->type), rows, cols, lanes, region->tail ? "tail" : "no tail");
}

static void check_type(enum weir_type type)
{
    static const size_t all_rows[] = {1, 3, 4, 7, 16, ROWS}, all_cols[] = {1, 2, 5, 64, COLS};
    static const unsigned char params[MATRICES] = {2, 0, 1};
    static struct weights weights;
    struct random random = {3};
    for (size_t r = 0; r < sizeof all_rows / sizeof *all_rows; r++)
        for (size_t c = 0; c < sizeof all_cols / sizeof *all_cols; c++) {
            fill(&weights, &random, all_rows[r], all_cols[c], type);
            for (size_t lanes = 4; lanes <= 16; lanes *= 2)
                for (size_t kind = 0; kind < 3; kind++) {
                    const size_t left = all_rows[r] % lanes;
                    const unsigned short tail[] = {0, (unsigned short)left,
                                                   (unsigned short)(2 * left)};
                    const struct weir_region region = {
                        .count = MATRICES,
                        .params = params,
                        .tail = kind == 1 && left ? tail : NULL,
                        .tail_width = kind == 1 && left ? weir_round_up(3 * left, lanes) : 0,
                        .few = kind == 2,
                        .type = type};
                    check_region(&weights, &region, lanes, all_rows[r], all_cols[c]);
                }
        }
}

/* What bytes are, by hand. */
static void check_bytes(void)
{
    const float row[] = {-254, 3, 5, 1, 127, 0}, tiny[] = {0x1.fffffep-97f}, bad[] = {1, INFINITY};
    static const int8_t bytes[] = {-127, 2, 2, 0, 64, 0}; /* 1.5, 2.5, 0.5, 63.5: even ones */
    const float scale = weir_row_scale(&(struct weir_numbers){.data = row}, 0, 1, 6);
    EXPECT(scale == 2, "%g", (double)scale);
    for (size_t i = 0; i < sizeof bytes; i++)
        EXPECT(weir_byte(row[i], scale) == bytes[i], "%d", weir_byte(row[i], scale));
    EXPECT(weir_row_scale(&(struct weir_numbers){.data = tiny}, 0, 1, 1) == 0, "%d", 0);
    EXPECT(weir_byte(tiny[0], 0) == 0, "%d", weir_byte(tiny[0], 0));
    EXPECT(isnan(weir_row_scale(&(struct weir_numbers){.data = bad}, 0, 1, 2)), "%d", 0);
}

int main(void)
{
    for (int type = 0; type < WEIR_TYPE_COUNT; type++)
        check_type((enum weir_type)type);
    check_bytes();
    return expect_verdict("test_packing");
}
