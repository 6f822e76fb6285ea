#include "dfkd/train/teacher.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dfkd/core/field_check.h"
#include "dfkd/core/parse_textproto.h"
#include "dfkd/core/status.h"

namespace dfkd {

absl::StatusOr<std::unique_ptr<Teacher>> Teacher::Create(std::unique_ptr<Model> model,
                                                         TeacherCard card, at::Device device) {
  DFKD_ASSIGN_OR_RETURN(Normalizer normalizer,
                        Normalizer::Create(card.normalization(), card.channels(), device));
  model->To(device);
  model->ToChannelsLast();
  model->Eval();
  model->RequireGrad(false);
  return std::unique_ptr<Teacher>(
      new Teacher(std::move(model), std::move(card), std::move(normalizer), device));
}

namespace {

using google::protobuf::FieldDescriptor;

// `card` with this one field.
TeacherCard Only(const TeacherCard& card, const FieldDescriptor* field) {
  TeacherCard one = card;
  std::vector<const FieldDescriptor*> fields;
  one.GetReflection()->ListFields(card, &fields);
  for (const FieldDescriptor* other : fields) {
    if (other != field) one.GetReflection()->ClearField(&one, other);
  }
  return one;
}

std::string FieldText(const TeacherCard& card, const FieldDescriptor* field) {
  return PrintTextprotoLine(Only(card, field));
}

bool IsSet(const TeacherCard& card, const FieldDescriptor* field) {
  return field->is_repeated() ? card.GetReflection()->FieldSize(card, field) > 0
                              : card.GetReflection()->HasField(card, field);
}

absl::Status CheckComplete(const TeacherCard& card, absl::string_view remedy) {
  std::vector<std::string> missing;
  if (card.class_name().empty()) missing.push_back("class_name");
  if (!card.has_normalization()) missing.push_back("normalization");
  if (!card.has_height()) missing.push_back("height");
  if (!card.has_width()) missing.push_back("width");
  if (!card.has_channels()) missing.push_back("channels");
  if (!missing.empty()) {
    std::string list;
    for (const std::string& name : missing) absl::StrAppend(&list, list.empty() ? "" : ", ", name);
    return ConfigError(
        absl::StrCat("nothing says what the teacher was trained on: ", list, " missing. ", remedy));
  }
  const Normalization& n = card.normalization();
  if (n.mean_size() != card.channels() || n.std_size() != card.channels()) {
    return ConfigError(absl::StrCat("teacher.card.normalization has ", n.mean_size(), " means and ",
                                    n.std_size(), " deviations; must be one of each per channel (",
                                    card.channels(), ")"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TeacherCard> MergeCards(const std::vector<CardSource>& sources,
                                       absl::string_view remedy) {
  TeacherCard merged;
  const google::protobuf::Descriptor* descriptor = TeacherCard::descriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    const CardSource* first = nullptr;
    for (const CardSource& source : sources) {
      if (source.card == nullptr || !IsSet(*source.card, field)) continue;
      if (first == nullptr) {
        first = &source;
        merged.MergeFrom(Only(*source.card, field));
      } else if (field->name() != "accuracy" &&
                 FieldText(*first->card, field) != FieldText(*source.card, field)) {
        return ConfigError(absl::StrCat("two cards differ in ", field->name(), ":\n  ", first->name,
                                        ": ", FieldText(*first->card, field), "\n  ", source.name,
                                        ": ", FieldText(*source.card, field),
                                        "\nRemove or correct one of them."));
      }
    }
  }
  DFKD_RETURN_IF_ERROR(CheckComplete(merged, remedy));
  return merged;
}

std::string CardToText(const TeacherCard& card) { return PrintTextprotoLine(card); }

absl::StatusOr<TeacherCard> CardFromText(const std::string& text, const std::string& where) {
  TeacherCard card;
  absl::Status status = ParseTextproto(text, kCardMetadataKey, &card);
  if (status.ok()) status = CheckFields(card, kCardMetadataKey);
  if (!status.ok()) return InputFileError(absl::StrCat(where, ": metadata ", status.message()));
  return card;
}

}  // namespace dfkd
