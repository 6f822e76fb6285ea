#include "dfkd/models/pooled_classifier.h"

#include <utility>

namespace dfkd {

Linear* PooledClassifier::AddClassifier(std::string name, int64_t in, const ModelContext& context) {
  Linear* classifier = AddModule<Linear>(std::move(name), in, context.num_classes, *context.init);
  SetClassifier(classifier, classifier);
  return classifier;
}

void PooledClassifier::SetClassifier(Layer* head, Linear* classifier) {
  head_ = head;
  classifier_ = classifier;
}

ModelOutput PooledClassifier::Classify(const at::Tensor& feature_map, Taps& taps) {
  ModelOutput output;
  output.feature_map = feature_map;
  output.embedding = feature_map.mean({2, 3});
  output.logits = head_->Forward(output.embedding, taps);
  return output;
}

}  // namespace dfkd
