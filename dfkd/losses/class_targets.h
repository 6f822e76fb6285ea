// One embedding for each class, f_y: rows that are given, or the means of the embeddings that a
// network had of each class's images.
#ifndef DFKD_LOSSES_CLASS_TARGETS_H_
#define DFKD_LOSSES_CLASS_TARGETS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/status/status.h"
#include "dfkd/core/state.h"

namespace dfkd {

class ClassTargets {
 public:
  // Given: rows [K, D] float.
  static ClassTargets Rows(const at::Tensor& rows);
  // Means over all images until each class has been seen, or over the first batch alone. A class
  // that was never seen has no target.
  static ClassTargets Centers(int64_t num_classes, int64_t features, bool first_batch_only);

  // embedding [N, D], labels [N]: images that show what their labels say. No effect on targets that
  // are settled.
  void Observe(const at::Tensor& embedding, const at::Tensor& labels);
  bool settled() const { return settled_; }
  int64_t features() const { return sums_.size(1); }  // D
  // Whether any entry of a target lies below 0.
  bool HasNegative() const;

  // [N, D], of classes that have none 0; and which have one, bool [N].
  at::Tensor Of(const at::Tensor& labels);
  at::Tensor Known(const at::Tensor& labels);
  // The least mean squared difference of two targets; 0 while fewer than two classes have one.
  double LeastDistance() const { return least_distance_; }

  void Save(StateWriter writer) const;
  absl::Status Load(const StateReader& reader);

 private:
  ClassTargets() = default;
  void Follow(at::Device device);
  void MeasureDistances();

  bool first_batch_only_ = false;
  bool settled_ = false;
  at::Tensor sums_;    // [K, D]
  at::Tensor counts_;  // [K]
  double least_distance_ = 0;
};

}  // namespace dfkd

#endif  // DFKD_LOSSES_CLASS_TARGETS_H_
