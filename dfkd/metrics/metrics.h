// How well logits fit labels, or each other. Accuracies are percentages.
#ifndef DFKD_METRICS_METRICS_H_
#define DFKD_METRICS_METRICS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace dfkd {

// Each takes logits [N, K] (AgreementCount and CrossEntropySum also those of pixels, [N, K, H, W],
// where an image counts with the mean over its pixels) and gives a scalar double tensor where the
// logits lie, so that a loop over batches needs no synchronisation; divide the sum over batches by
// the number of images.

// Images whose label [N] int64 is among the k largest logits (all of them where k > K). Among equal
// logits those that torch.topk takes.
at::Tensor TopKCorrect(const at::Tensor& logits, const at::Tensor& labels, int64_t k);
// Images on which both have their largest logit at the same class; of pixels, the share of each
// image.
at::Tensor AgreementCount(const at::Tensor& logits, const at::Tensor& other);
// Sum of -log softmax(logits)[label]; labels [N], or [N, H, W] without pixels of no class.
at::Tensor CrossEntropySum(const at::Tensor& logits, const at::Tensor& labels);

// The same for all images at once.
double TopKAccuracy(const at::Tensor& logits, const at::Tensor& labels, int64_t k);  // %
double Agreement(const at::Tensor& logits, const at::Tensor& other);                 // %
double MeanCrossEntropy(const at::Tensor& logits, const at::Tensor& labels);         // nats

}  // namespace dfkd

#endif  // DFKD_METRICS_METRICS_H_
