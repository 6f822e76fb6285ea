#include "dfkd/core/spec_merge.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/item_name.h"
#include "dfkd/core/status.h"

namespace dfkd {

using ::google::protobuf::Any;
using ::google::protobuf::DynamicCastToGenerated;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

namespace {

absl::Status MergeAny(const Any& overlay, Any* base, absl::string_view path) {
  if (AnyTypeName(overlay) == AnyTypeName(*base)) {
    std::unique_ptr<Message> above = UnpackAny(overlay);
    std::unique_ptr<Message> below = UnpackAny(*base);
    if (above != nullptr && below != nullptr) {
      DFKD_RETURN_IF_ERROR(
          MergeSpec(*above, below.get(), FieldPath(path, below->GetDescriptor()->name())));
      base->PackFrom(*below);
      return absl::OkStatus();
    }
  }
  *base = overlay;
  return absl::OkStatus();
}

std::vector<LossSpec*> MutableLosses(Message* message, const FieldDescriptor* field) {
  const Reflection* reflection = message->GetReflection();
  std::vector<LossSpec*> losses;
  for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
    losses.push_back(
        DynamicCastToGenerated<LossSpec>(reflection->MutableRepeatedMessage(message, field, i)));
  }
  return losses;
}

// The item of `base` that `item` changes: null for none, an error for more than one.
absl::StatusOr<LossSpec*> FindLoss(const LossSpec& item, const std::vector<LossSpec*>& base,
                                   absl::string_view path) {
  LossSpec* found = nullptr;
  for (LossSpec* candidate : base) {
    const bool same = item.has_name()
                          ? ItemName(*candidate) == item.name()
                          : AnyTypeName(candidate->config()) == AnyTypeName(item.config());
    if (!same) continue;
    if (found != nullptr) {
      return ConfigError(absl::StrCat(path, ": ", ItemName(item),
                                      " stands more than once in the layer below; name the one "
                                      "that is meant: losses { name: ... }"));
    }
    found = candidate;
  }
  return found;
}

absl::Status MergeLosses(const Message& overlay, Message* base, const FieldDescriptor* field,
                         absl::string_view path) {
  const Reflection* reflection = base->GetReflection();
  // Items of the overlay do not merge with each other.
  const std::vector<LossSpec*> candidates = MutableLosses(base, field);
  for (int i = 0; i < reflection->FieldSize(overlay, field); ++i) {
    const auto& item =
        *DynamicCastToGenerated<LossSpec>(&reflection->GetRepeatedMessage(overlay, field, i));
    auto found = FindLoss(item, candidates, path);
    if (!found.ok()) return found.status();
    if (*found == nullptr) {
      reflection->AddMessage(base, field)->CopyFrom(item);
      continue;
    }
    const bool had_name = (*found)->has_name();
    DFKD_RETURN_IF_ERROR(MergeSpec(item, *found, absl::StrCat(path, "[", ItemName(**found), "]")));
    if (!had_name) (*found)->clear_name();
  }
  return absl::OkStatus();
}

// A scalar or a whole list.
void ReplaceField(const Message& overlay, Message* base, const FieldDescriptor* field) {
  std::unique_ptr<Message> all(overlay.New());
  std::unique_ptr<Message> only(overlay.New());
  all->CopyFrom(overlay);
  all->GetReflection()->SwapFields(all.get(), only.get(), {field});
  base->GetReflection()->ClearField(base, field);
  base->MergeFrom(*only);
}

absl::Status MergeField(const Message& overlay, Message* base, const FieldDescriptor* field,
                        absl::string_view path) {
  ClearRivalField(base, field);
  if (field->is_repeated() && field->message_type() == LossSpec::descriptor()) {
    return MergeLosses(overlay, base, field, path);
  }
  if (field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    ReplaceField(overlay, base, field);
    return absl::OkStatus();
  }
  const Message& above = overlay.GetReflection()->GetMessage(overlay, field);
  Message* below = base->GetReflection()->MutableMessage(base, field);
  if (IsAny(field)) {
    return MergeAny(*DynamicCastToGenerated<Any>(&above), DynamicCastToGenerated<Any>(below), path);
  }
  return MergeSpec(above, below, path);
}

}  // namespace

absl::Status MergeSpec(const Message& overlay, Message* base, absl::string_view path) {
  std::vector<const FieldDescriptor*> fields;
  overlay.GetReflection()->ListFields(overlay, &fields);
  for (const FieldDescriptor* field : fields) {
    DFKD_RETURN_IF_ERROR(MergeField(overlay, base, field, FieldPath(path, field)));
  }
  return absl::OkStatus();
}

}  // namespace dfkd
