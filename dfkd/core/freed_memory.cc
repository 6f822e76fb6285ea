#include "dfkd/core/freed_memory.h"

#include <malloc.h>

namespace dfkd {

void KeepFreedMemory() {
#ifdef __GLIBC__
  // All from the heap: what is mapped on its own goes back as soon as it is freed.
  mallopt(M_MMAP_MAX, 0);
  // The heap never shrinks, and grows by steps that are worth a call.
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // namespace dfkd
