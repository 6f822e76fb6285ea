// Images of chosen classes, spread over batches that show classes as training's do.
#ifndef DFKD_METHODS_CLASS_BATCHES_H_
#define DFKD_METHODS_CLASS_BATCHES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace dfkd {

// Places iK to (i + 1)K - 1 of a batch, K the number of classes, may share a noisy layer, which
// makes the same image of the same class (generators/generator_input.h). So they show each wanted
// class at most once, and the places that are left show what a batch in training does.
struct ClassBatch {
  at::Tensor labels;            // [batch_size] int64
  std::vector<int64_t> places;  // in this batch, of
  std::vector<int64_t> wanted;  // these of the wanted images
};

// All of `labels` [N], each once, in as few batches as that allows. `sample` gives batch_size
// labels as training shows them; asked for each batch that is not filled.
std::vector<ClassBatch> SpreadOverBatches(const at::Tensor& labels, int64_t batch_size,
                                          int64_t num_classes,
                                          const std::function<at::Tensor()>& sample);

}  // namespace dfkd

#endif  // DFKD_METHODS_CLASS_BATCHES_H_
