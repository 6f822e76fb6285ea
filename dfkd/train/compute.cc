#include "dfkd/train/compute.h"

#include <ATen/Parallel.h>

namespace dfkd {

void SetThreads(int threads) {
  if (threads > 0) at::set_num_threads(threads);
}

}  // namespace dfkd
