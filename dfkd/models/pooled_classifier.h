// What classifiers that end in global average pooling and one linear layer have in common.
#ifndef DFKD_MODELS_POOLED_CLASSIFIER_H_
#define DFKD_MODELS_POOLED_CLASSIFIER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "dfkd/core/contract.h"
#include "dfkd/models/model.h"
#include "dfkd/nn/layers.h"

namespace dfkd {

// A network of convolutions with BatchNorm, the mean of whose last feature map, behind its ReLU, a
// linear layer classifies. So the class activation maps' means plus the bias are the logits. No
// ReLU follows that one, so that the taps' last_relu_input is the map before it.
class PooledClassifier : public Model {
 public:
  // Such a network provides all that losses ask of one.
  template <typename Config>
  static Contract GetContract(const Config&) {
    return {{},
            {Capability::kBatchNormInputs, Capability::kFeatureMap, Capability::kPreReluMap,
             Capability::kClassifierWeight, Capability::kEmbedding, Capability::kStages}};
  }

  at::Tensor ClassifierWeight() const override { return classifier_->weight; }
  at::Tensor ClassifierBias() const override { return classifier_->bias; }

 protected:
  // The linear layer from `in` features to the context's classes, with PyTorch's default weights.
  Linear* AddClassifier(std::string name, int64_t in, const ModelContext& context);
  // One that is there, at the end of `head`, which makes logits of the embedding.
  void SetClassifier(Layer* head, Linear* classifier);

  // feature_map [N, F, h, w].
  ModelOutput Classify(const at::Tensor& feature_map, Taps& taps);

 private:
  Layer* head_ = nullptr;
  Linear* classifier_ = nullptr;
};

}  // namespace dfkd

#endif  // DFKD_MODELS_POOLED_CLASSIFIER_H_
