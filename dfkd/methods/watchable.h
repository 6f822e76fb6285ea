// What a method with a generator shows of it to measures (measures/measure.h), beside Method. It is
// asked of a copy of the run. A method with several pools has a generator for each, which `pool`
// counts as the run's PoolSet does.
#ifndef DFKD_METHODS_WATCHABLE_H_
#define DFKD_METHODS_WATCHABLE_H_

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace dfkd {

class Watchable {
 public:
  virtual ~Watchable() = default;

  // A part of what the generator is fed with, and the weights of its first layer over that part.
  struct InputPart {
    std::string name;   // "rows"
    std::string title;  // "the class rows"
    at::Tensor weight;  // [..., size of the part]
  };
  virtual std::vector<InputPart> InputParts(size_t pool) const = 0;
  // What the generator knows of each class: [K, D]; undefined: nothing.
  virtual at::Tensor ClassRows() const = 0;

  // Makes one more batch, which nothing keeps, and shows `watch` its images [N, C, H, W], with
  // their labels [N], before each step of the generator; afterwards the method is as before. With
  // `new_generator` by one that has learned nothing.
  using Watcher = std::function<absl::Status(const at::Tensor& images, const at::Tensor& labels)>;
  virtual absl::Status WatchSynthesis(size_t pool, bool new_generator, const Watcher& watch) = 0;
};

}  // namespace dfkd

#endif  // DFKD_METHODS_WATCHABLE_H_
