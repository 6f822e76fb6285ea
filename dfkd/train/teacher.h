// A frozen model with the card that says how its inputs are made.
#ifndef DFKD_TRAIN_TEACHER_H_
#define DFKD_TRAIN_TEACHER_H_

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dfkd/augmentations/normalizer.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/models/model.h"

namespace dfkd {

class Teacher {
 public:
  // Freezes `model`: evaluation mode, no weight gradients.
  static absl::StatusOr<std::unique_ptr<Teacher>> Create(std::unique_ptr<Model> model,
                                                         TeacherCard card, at::Device device);

  // Takes what `normalizer` made of images in [0, 1]; gradients reach its input.
  Model& model() const { return *model_; }
  const Normalizer& normalizer() const { return normalizer_; }
  const TeacherCard& card() const { return card_; }
  at::Device device() const { return device_; }

 private:
  Teacher(std::unique_ptr<Model> model, TeacherCard card, Normalizer normalizer, at::Device device)
      : model_(std::move(model)),
        card_(std::move(card)),
        normalizer_(std::move(normalizer)),
        device_(device) {}

  std::unique_ptr<Model> model_;
  TeacherCard card_;
  Normalizer normalizer_;
  at::Device device_;
};

struct CardSource {
  std::string name;  // "teacher.card in the spec", "the card in teacher.safetensors"
  const TeacherCard* card = nullptr;  // may be null
};

inline constexpr absl::string_view kCardRemedy =
    "Set teacher.card in the spec, use a weights file that carries a card, or declare a data set.";

// The card of a run: the spec's, else the weight file's, else the data set's. Two that differ in a
// field that both set stop the run, and both are printed; a field that none sets is an error, whose
// message ends in `remedy`.
absl::StatusOr<TeacherCard> MergeCards(const std::vector<CardSource>& sources,
                                       absl::string_view remedy = kCardRemedy);

// How the card is kept in a weight file's metadata.
inline constexpr char kCardMetadataKey[] = "dfkd.card";
std::string CardToText(const TeacherCard& card);
// InputFileError, which names `where`, for what is no card or breaks a field's rule.
absl::StatusOr<TeacherCard> CardFromText(const std::string& text, const std::string& where);

}  // namespace dfkd

#endif  // DFKD_TRAIN_TEACHER_H_
