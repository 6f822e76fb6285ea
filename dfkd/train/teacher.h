// A frozen model with the card that says how its inputs are made.
#ifndef DFKD_TRAIN_TEACHER_H_
#define DFKD_TRAIN_TEACHER_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/models/model.h"
#include "dfkd/nn/taps.h"

namespace dfkd {

// (x - mean) / std per channel.
class InputNormalizer {
 public:
  InputNormalizer(const Normalization& normalization, at::Device device);
  // x [N, C, H, W] in [0, 1].
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor scale_;  // [1, C, 1, 1]
  at::Tensor shift_;
};

class Teacher {
 public:
  // Freezes `model`: evaluation mode, no weight gradients.
  Teacher(std::unique_ptr<Model> model, TeacherCard card, at::Device device);

  // x [N, C, H, W] in [0, 1]; gradients reach x.
  ModelOutput Forward(const at::Tensor& x, Taps& taps) const { return model_->Forward(normalize_(x), taps); }
  // For inputs that are normalised already.
  ModelOutput ForwardNormalized(const at::Tensor& x, Taps& taps) const { return model_->Forward(x, taps); }
  ModelOutput ForwardNormalized(const at::Tensor& x) const { return model_->Forward(x); }

  const InputNormalizer& normalize() const { return normalize_; }
  const TeacherCard& card() const { return card_; }
  Model& model() const { return *model_; }

 private:
  std::unique_ptr<Model> model_;
  TeacherCard card_;
  InputNormalizer normalize_;
};

// The card of a run: the spec's, else the weight file's, else the data set's. Two that differ in a
// field that both set stop the run, and both are printed; a field that none sets is an error.
// Each source may be null.
struct CardSource {
  std::string name;  // "teacher.card in the spec", "the card in teacher.safetensors"
  const TeacherCard* card = nullptr;
};
absl::StatusOr<TeacherCard> MergeCards(const std::vector<CardSource>& sources);

// How the card is kept in a weight file's metadata.
inline constexpr char kCardMetadataKey[] = "dfkd.card";
std::string CardToText(const TeacherCard& card);
absl::StatusOr<TeacherCard> CardFromText(const std::string& text, const std::string& where);

}  // namespace dfkd

#endif  // DFKD_TRAIN_TEACHER_H_
