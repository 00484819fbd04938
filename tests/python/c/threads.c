/* The count of buffer_fill.h, used by four threads that no GIL keeps apart: ThreadSanitizer reports
 * what it does not order. With BROKEN defined, changes ask nobody, which has to be reported. */
#include "buffer_fill.h"
#include <pthread.h>
#include <stdio.h>

enum { TURNS = 20000, NUMBERS = 8 };

static buffer_count count;
static long numbers[NUMBERS]; /* plain memory: all are equal, except during a change */

typedef struct {
    long granted, refused, wrong;
} Seen;

static void *use(void *place) {
    Seen *seen = (Seen *)place;
    while (seen->granted < TURNS) {
        if (buffer_try_export(&count) != NULL) {
            seen->refused++;
            continue;
        }
        for (int index = 1; index < NUMBERS; index++)
            seen->wrong += numbers[index] != numbers[0];
        seen->wrong += buffer_end_export(&count) != 0;
        seen->granted++;
    }
    return NULL;
}

static void *change(void *place) {
    Seen *seen = (Seen *)place;
    while (seen->granted < TURNS / 100) {
#ifndef BROKEN
        if (buffer_try_change(&count) != NULL) {
            seen->refused++;
            continue;
        }
#endif
        for (int index = 0; index < NUMBERS; index++)
            numbers[index]++;
#ifndef BROKEN
        buffer_end_change(&count);
#endif
        seen->granted++;
    }
    return NULL;
}

int main(void) {
    pthread_t threads[4];
    Seen seen[4] = {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {0, 0, 0}};
    for (int thread = 0; thread < 4; thread++)
        if (pthread_create(&threads[thread], NULL, thread < 2 ? use : change, &seen[thread]) != 0)
            return 2;
    for (int thread = 0; thread < 4; thread++)
        pthread_join(threads[thread], NULL);
    long wrong = seen[0].wrong + seen[1].wrong + (count.views != 0);
    wrong += numbers[0] != 2 * (TURNS / 100);
    printf("%ld wrong\n", wrong);
    return wrong != 0;
}
