#include "dfkd/core/text_position.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace dfkd {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::io::ArrayInputStream;
using ::google::protobuf::io::ErrorCollector;
using ::google::protobuf::io::Tokenizer;

class IgnoreErrors : public ErrorCollector {
 public:
  void AddError(int, int, const std::string&) override {}
};

// Follows the nesting of fields token by token.
class Scanner {
 public:
  Scanner(absl::string_view text, const Descriptor* root)
      : stream_(text.data(), static_cast<int>(text.size())), tokenizer_(&stream_, &errors_) {
    tokenizer_.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
    tokenizer_.set_allow_f_after_float(true);
    levels_.push_back({root, nullptr, "", 0, 0, false});
  }

  TextPosition ScanTo(int line, int column) {
    while (tokenizer_.Next()) {
      const Tokenizer::Token& token = tokenizer_.current();
      if (token.line > line || (token.line == line && token.column >= column)) break;
      Take(token);
    }
    const Level& level = levels_.back();
    return {level.message, level.holder, level.name, level.line, level.column};
  }

 private:
  // A message that is open at the current token.
  struct Level {
    const Descriptor* message;
    const FieldDescriptor* holder;
    std::string name;  // of the field that was named last
    int line;
    int column;
    bool in_list;  // between the brackets of that field's value
  };

  void Take(const Tokenizer::Token& token) {
    Level& level = levels_.back();
    const bool value_follows = std::exchange(value_follows_, level.in_list);
    if (token.type == Tokenizer::TYPE_IDENTIFIER) {
      if (!value_follows) SetName(token.text, token);
    } else if (token.text == ":") {
      value_follows_ = true;
    } else if (token.text == "{" || token.text == "<") {
      Open();
    } else if (token.text == "}" || token.text == ">") {
      if (levels_.size() > 1) levels_.pop_back();
      value_follows_ = levels_.back().in_list;
    } else if (token.text == "]") {
      level.in_list = value_follows_ = false;
    } else if (token.text == "[") {
      if (value_follows) {
        level.in_list = value_follows_ = true;
      } else {
        TakeBrackets(token);
      }
    }
  }

  void SetName(std::string name, const Tokenizer::Token& token) {
    Level& level = levels_.back();
    level.name = std::move(name);
    level.line = token.line;
    level.column = token.column;
  }

  // "[type.googleapis.com/dfkd.NayerConfig]", or a list without a colon: "losses [ {…} ]".
  void TakeBrackets(Tokenizer::Token open) {
    std::string name = "[";
    while (tokenizer_.Next()) {
      const Tokenizer::Token& token = tokenizer_.current();
      if (token.text == "{" || token.text == "<") {
        levels_.back().in_list = true;
        Open();
        return;
      }
      absl::StrAppend(&name, token.text);
      if (token.text == "]") break;
    }
    SetName(std::move(name), open);
  }

  void Open() {
    const Level& parent = levels_.back();
    Level level = {nullptr, nullptr, "", 0, 0, false};
    absl::string_view type = parent.name;
    if (absl::ConsumePrefix(&type, "[") && absl::ConsumeSuffix(&type, "]")) {
      level.message = DescriptorPool::generated_pool()->FindMessageTypeByName(
          std::string(type.substr(type.rfind('/') + 1)));
      level.holder = parent.holder;
    } else if (parent.message != nullptr) {
      level.holder = parent.message->FindFieldByName(parent.name);
      if (level.holder != nullptr) level.message = level.holder->message_type();
    }
    levels_.push_back(std::move(level));
    value_follows_ = false;
  }

  IgnoreErrors errors_;
  ArrayInputStream stream_;
  Tokenizer tokenizer_;
  std::vector<Level> levels_;
  bool value_follows_ = false;
};

}  // namespace

TextPosition LocateInText(absl::string_view text, const Descriptor* root, int line, int column) {
  return Scanner(text, root).ScanTo(line, column);
}

}  // namespace dfkd
