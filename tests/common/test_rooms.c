/* SPDX-License-Identifier: MIT */
/* test_rooms: a large room that is cleared takes no memory before it is used, however often one
 * like it was used and given back. Nothing is included before rooms.h, which must need nothing. */
#define _GNU_SOURCE /* mincore */
#include "common/rooms.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support/expect.h"

enum { ROOM = 8 << 20, PAGE_LEAST = 4096 };

/* How much of a room is in memory. */
static size_t used(const char *room)
{
    static unsigned char pages[ROOM / PAGE_LEAST];
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), past = (uintptr_t)room % page;
    size_t count = 0;
    EXPECT(!mincore((void *)(uintptr_t)(room + page - past), ROOM - page, pages), "mincore fails");
    for (size_t i = 0; i < ROOM / page - 1; i++)
        count += pages[i] & 1;
    return count * page;
}

int main(void)
{
    keep_rooms_apart();
    for (int times = 0; times < 4; times++) {
        char *room = calloc(1, ROOM);
        EXPECT(room && used(room) < ROOM / 2, "room %d takes memory that nobody has used", times);
        if (room)
            memset(room, 1, ROOM);
        free(room);
    }
    return expect_verdict("test_rooms");
}
