// For tests of what must not depend on the number of threads.
#ifndef DFKD_TESTING_THREADS_H_
#define DFKD_TESTING_THREADS_H_

#include <ATen/Parallel.h>

namespace dfkd {

// What `compute()` gives on so many of LibTorch's threads.
template <typename Compute>
auto OnThreads(int threads, const Compute& compute) {
  const int before = at::get_num_threads();
  at::set_num_threads(threads);
  auto result = compute();
  at::set_num_threads(before);
  return result;
}

}  // namespace dfkd

#endif  // DFKD_TESTING_THREADS_H_
