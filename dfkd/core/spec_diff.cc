#include "dfkd/core/spec_diff.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dfkd/core/any_config.h"
#include "dfkd/core/experiment.pb.h"
#include "dfkd/core/item_name.h"
#include "dfkd/core/parse_textproto.h"
#include "google/protobuf/text_format.h"

namespace dfkd {
namespace {

using ::google::protobuf::Any;
using ::google::protobuf::Descriptor;
using ::google::protobuf::DynamicCastToGenerated;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::google::protobuf::TextFormat;

constexpr char kAbsent[] = "absent";

std::string Braced(const Message& message) {
  const std::string text = PrintTextprotoLine(message);
  return text.empty() ? "{}" : absl::StrCat("{ ", text, " }");
}

class Differ {
 public:
  void Compare(const Message& a, const Message& b, const std::string& path) {
    const Descriptor* type = a.GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      if (field->is_repeated()) {
        CompareLists(a, b, field, FieldPath(path, field));
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        CompareMessages(a, b, field, FieldPath(path, field));
      } else {
        Report(FieldPath(path, field), ScalarText(a, field), ScalarText(b, field));
      }
    }
  }

  std::vector<std::string> Take() { return std::move(lines_); }

 private:
  void Report(const std::string& path, const std::string& a, const std::string& b) {
    if (a != b) lines_.push_back(absl::StrCat(path, ": ", a, " -> ", b));
  }

  static std::string ScalarText(const Message& message, const FieldDescriptor* field) {
    if (!message.GetReflection()->HasField(message, field) && !field->has_default_value()) {
      return kAbsent;
    }
    std::string text;
    TextFormat::PrintFieldValueToString(message, field, -1, &text);
    return text;
  }

  void CompareMessages(const Message& a, const Message& b, const FieldDescriptor* field,
                       const std::string& path) {
    const bool in_a = a.GetReflection()->HasField(a, field);
    const bool in_b = b.GetReflection()->HasField(b, field);
    if (!in_a && !in_b) return;
    const Message& value_a = a.GetReflection()->GetMessage(a, field);
    const Message& value_b = b.GetReflection()->GetMessage(b, field);
    if (in_a && in_b) {
      CompareItems(value_a, value_b, path);
    } else {
      Report(path, in_a ? Braced(value_a) : kAbsent, in_b ? Braced(value_b) : kAbsent);
    }
  }

  void CompareItems(const Message& a, const Message& b, const std::string& path) {
    const Any* any_a = DynamicCastToGenerated<Any>(&a);
    if (any_a == nullptr) return Compare(a, b, path);
    const Any* any_b = DynamicCastToGenerated<Any>(&b);
    const std::unique_ptr<Message> config_a = UnpackAny(*any_a);
    const std::unique_ptr<Message> config_b = UnpackAny(*any_b);
    if (config_a != nullptr && config_b != nullptr &&
        config_a->GetDescriptor() == config_b->GetDescriptor()) {
      Compare(*config_a, *config_b, path);
    } else {
      Report(path, Braced(a), Braced(b));
    }
  }

  void CompareLists(const Message& a, const Message& b, const FieldDescriptor* field,
                    const std::string& path) {
    if (field->message_type() == LossSpec::descriptor()) {
      CompareLosses(a, b, field, path);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      Report(path, ListText(a, field), ListText(b, field));
    } else {
      CompareByIndex(a, b, field, path);
    }
  }

  static std::string ListText(const Message& message, const FieldDescriptor* field) {
    std::string text = "[";
    for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
      std::string item;
      TextFormat::PrintFieldValueToString(message, field, i, &item);
      absl::StrAppend(&text, i == 0 ? "" : ", ", item);
    }
    return text + "]";
  }

  void CompareByIndex(const Message& a, const Message& b, const FieldDescriptor* field,
                      const std::string& path) {
    const Reflection* r = a.GetReflection();
    const int size_a = r->FieldSize(a, field), size_b = r->FieldSize(b, field);
    for (int i = 0; i < std::max(size_a, size_b); ++i) {
      const std::string here = absl::StrCat(path, "[", i, "]");
      if (i < size_a && i < size_b) {
        CompareItems(r->GetRepeatedMessage(a, field, i), r->GetRepeatedMessage(b, field, i), here);
      } else {
        Report(here, i < size_a ? Braced(r->GetRepeatedMessage(a, field, i)) : kAbsent,
               i < size_b ? Braced(r->GetRepeatedMessage(b, field, i)) : kAbsent);
      }
    }
  }

  static const Message* FindLoss(const Message& message, const FieldDescriptor* field,
                                 const std::string& name) {
    const Reflection* r = message.GetReflection();
    for (int i = 0; i < r->FieldSize(message, field); ++i) {
      const Message& loss = r->GetRepeatedMessage(message, field, i);
      if (ItemName(loss) == name) return &loss;
    }
    return nullptr;
  }

  void CompareLosses(const Message& a, const Message& b, const FieldDescriptor* field,
                     const std::string& path) {
    const Reflection* r = a.GetReflection();
    for (int i = 0; i < r->FieldSize(a, field); ++i) {
      const Message& loss = r->GetRepeatedMessage(a, field, i);
      const std::string here = absl::StrCat(path, "[", ItemName(loss), "]");
      const Message* other = FindLoss(b, field, ItemName(loss));
      if (other != nullptr) {
        Compare(loss, *other, here);
      } else {
        Report(here, Braced(loss), kAbsent);
      }
    }
    for (int i = 0; i < r->FieldSize(b, field); ++i) {
      const Message& loss = r->GetRepeatedMessage(b, field, i);
      if (FindLoss(a, field, ItemName(loss)) == nullptr) {
        Report(absl::StrCat(path, "[", ItemName(loss), "]"), kAbsent, Braced(loss));
      }
    }
  }

  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> DiffSpecs(const Message& a, const Message& b) {
  Differ differ;
  differ.Compare(a, b, "");
  return differ.Take();
}

}  // namespace dfkd
