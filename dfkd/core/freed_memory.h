// What the process does with memory that it no longer needs.
#ifndef DFKD_CORE_FREED_MEMORY_H_
#define DFKD_CORE_FREED_MEMORY_H_

namespace dfkd {

// Keeps memory that was freed, for the next tensor to take; call it once, before there are threads.
// A training step makes and drops the same hundreds of MiB again and again, and what goes back to
// the system in between comes as new pages, each cleared and mapped anew (docs/performance.md has
// what that costs). The peak grows by up to a tenth; after it the process stays as large until it
// ends. Does nothing where the C library is not glibc.
void KeepFreedMemory();

}  // namespace dfkd

#endif  // DFKD_CORE_FREED_MEMORY_H_
