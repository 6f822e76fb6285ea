// What is asked of a run beside its student's accuracy: numbers and pictures of what the method
// makes. Plugins of category "measure".
//
// A measure is shown a copy of the run, opened from its last checkpoint (train/analyse_run.h), and
// draws from a stream of its own: what the run itself writes does not depend on what is measured.
#ifndef DFKD_MEASURES_MEASURE_H_
#define DFKD_MEASURES_MEASURE_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/core/contract.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/random_stream.h"
#include "dfkd/report/measured.h"

namespace dfkd {

class Dataset;
class Method;
class PoolSet;
class Teacher;

// A run as a measure sees it. All pointers outlive the measure.
struct MeasureContext {
  const TeacherCard* card = nullptr;  // classes, normalisation, size, channels
  const Teacher* teacher = nullptr;   // null where the experiment has none
  Method* method = nullptr;           // in the state of the last checkpoint
  const PoolSet* pools = nullptr;     // null where the method keeps none
  // Which of `pools` is looked at, and the generator that fills it. A method that makes images of
  // several sizes is measured once for each; what depends on none is measured with the first.
  size_t pool = 0;
  const Dataset* data = nullptr;  // null in a run without data
  at::Device device = at::kCPU;   // of the networks
  int64_t batch_size = 256;       // of one forward pass
};

struct MeasuredPicture {
  std::string name;  // of the file, without its ending: lower case letters, digits and _
  std::string caption;
  // One of them.
  at::Tensor image;  // [3, H, W] uint8
  std::string svg;   // a file that stands alone
  // Titles of the rows of `image`, where it shows a class a row.
  std::vector<std::string> rows;
};

struct Measurement {
  std::vector<MeasuredValue> values;
  std::vector<MeasuredCurve> curves;
  std::vector<MeasuredPicture> pictures;
  std::vector<std::string> notes;  // what a reader must know: who judged, how many images
};

class Measure {
 public:
  static constexpr char kCategory[] = "measure";
  using Context = MeasureContext;

  virtual ~Measure() = default;
  // All that is drawn comes from `random`. Equal runs and streams give equal bytes on a CPU.
  virtual absl::StatusOr<Measurement> Take(RandomStream& random) = 0;
};

}  // namespace dfkd

#endif  // DFKD_MEASURES_MEASURE_H_
