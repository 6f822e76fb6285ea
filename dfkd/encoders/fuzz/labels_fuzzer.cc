#include <cstddef>
#include <cstdint>

#include "dfkd/encoders/fuzz/fuzz_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  dfkd::FuzzLabels({reinterpret_cast<const char*>(data), size});
  return 0;
}
