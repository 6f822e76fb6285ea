// In place of gather_views.cu where the program is built without nvcc.
#include "dfkd/kernels/gather_views_gpu.h"

namespace dfkd::internal {

bool HasGpuKernels(int) { return false; }

const char* StartGatherViews(const GatherViewsTask&, void*) {
  return "this program was built without --config=cuda";
}

}  // namespace dfkd::internal
