/* Stands in for MSVC's header of this name, so that other compilers can try the header's code for
 * MSVC: the one function that it uses, as MSVC documents it. */
static inline void *_InterlockedCompareExchangePointer(void *volatile *destination, void *exchange,
                                                       void *comparand) {
    return __sync_val_compare_and_swap(destination, comparand, exchange);
}
