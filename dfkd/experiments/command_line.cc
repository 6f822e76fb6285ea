#include "dfkd/experiments/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "c10/util/Exception.h"
#include "dfkd/core/edit_distance.h"
#include "dfkd/core/freed_memory.h"
#include "dfkd/core/status.h"
#include "gflags/gflags.h"
#include "glog/logging.h"

namespace dfkd {
namespace {

constexpr int kWidth = 100;
constexpr char kSetFlag[] = "set";
constexpr char kSetHelp[] =
    "changes one field: a.b=1, losses[bn_stat].weight=5, encoder=minilm (a plugin's or preset's "
    "name), x={textproto}, x= to clear; repeatable";

std::map<std::string, Verb>& Verbs() {
  static auto* verbs = new std::map<std::string, Verb>();
  return *verbs;
}

// --- help

std::string Wrap(const std::string& text, int indent) {
  std::string out, line;
  for (absl::string_view word : absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    if (!line.empty() && static_cast<int>(line.size() + 1 + word.size()) + indent > kWidth) {
      absl::StrAppend(&out, std::string(indent, ' '), line, "\n");
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  if (!line.empty()) absl::StrAppend(&out, std::string(indent, ' '), line, "\n");
  return out;
}

std::string FlagHelp(const Verb& verb, const std::string& name) {
  const auto own = verb.flag_help.find(name);
  if (name == kSetFlag) {
    return absl::StrCat("  --set=PATH=VALUE\n",
                        Wrap(own == verb.flag_help.end() ? kSetHelp : own->second, 6));
  }
  gflags::CommandLineFlagInfo info;
  CHECK(gflags::GetCommandLineFlagInfo(name.c_str(), &info))
      << "verb names a flag that is not linked: " << name;
  const std::string value =
      info.type == "bool" ? absl::StrCat("  --[no]", name) : absl::StrCat("  --", name, "=…");
  const std::string shown = info.default_value.empty() || info.type == "bool"
                                ? ""
                                : absl::StrCat(" (default: ", info.default_value, ")");
  const std::string& help = own == verb.flag_help.end() ? info.description : own->second;
  return absl::StrCat(value, "\n", Wrap(absl::StrCat(help, shown), 6));
}

void PrintVerbHelp(const Verb& verb, const std::string& program) {
  std::cout << "Usage: " << program << " " << verb.usage << " [flags]\n\n" << Wrap(verb.summary, 0);
  for (absl::string_view paragraph : absl::StrSplit(verb.details, "\n\n", absl::SkipEmpty())) {
    std::cout << "\n";
    if (absl::StartsWith(paragraph, "  ")) {
      std::cout << paragraph << "\n";  // an example, as it stands
    } else {
      std::cout << Wrap(std::string(paragraph), 0);
    }
  }
  if (verb.flags.empty()) return;
  std::cout << "\nFlags:\n";
  for (const std::string& flag : verb.flags) std::cout << FlagHelp(verb, flag);
}

void PrintProgramHelp(const std::string& program, const std::string& default_experiment) {
  std::cout
      << "dfkd: data-free knowledge distillation. Turns a trained classifier into a small one, "
         "without its data.\n\nUsage: "
      << program << " VERB [arguments] [--flag=value …]\n\n";
  for (const auto& [name, verb] : Verbs()) {
    std::cout << absl::StrFormat("  %-10s %s\n", name, verb.summary);
  }
  std::cout << "\n`" << program << " VERB --help` tells of one verb.";
  if (!default_experiment.empty()) {
    std::cout << " Without a verb, runs the experiment " << default_experiment << ".";
  }
  std::cout << "\nExit codes: 0 done, 2 bad configuration or flags, 3 bad or missing input file, 4 "
               "diverged,\n"
               "5 storage, 75 stopped by a signal and resumable.\n";
}

// --- parsing

struct Parsed {
  Invocation invocation;
  bool help = false;
};

class Parser {
 public:
  Parser(const Verb& verb, std::vector<std::string> words)
      : verb_(verb), words_(std::move(words)) {}

  absl::StatusOr<Parsed> Parse() {
    bool only_arguments = false;
    while (position_ < words_.size()) {
      const std::string& word = words_[position_++];
      if (only_arguments || word.size() < 2 || word[0] != '-') {
        parsed_.invocation.arguments.push_back(word);
      } else if (word == "--") {
        only_arguments = true;
      } else if (word == "--help" || word == "-h" || word == "-help") {
        parsed_.help = true;
      } else {
        DFKD_RETURN_IF_ERROR(TakeFlag(word));
      }
    }
    return parsed_;
  }

 private:
  absl::Status TakeFlag(const std::string& word) {
    const std::string body(absl::StripPrefix(absl::StripPrefix(word, "-"), "-"));
    const size_t equals = body.find('=');
    std::string name = body.substr(0, equals);
    std::replace(name.begin(), name.end(), '-', '_');
    absl::optional<std::string> value;
    if (equals != std::string::npos) value = body.substr(equals + 1);

    const bool negated =
        absl::StartsWith(name, "no") && IsBool(name.substr(2)) && !value.has_value();
    if (negated) {
      name = name.substr(2);
      value = "false";
    }
    if (std::find(verb_.flags.begin(), verb_.flags.end(), name) == verb_.flags.end()) {
      return ConfigError(absl::StrCat("`", verb_.name, "` has no flag --", name,
                                      DidYouMean(name, verb_.flags), "; see `", verb_.name,
                                      " --help`"));
    }
    if (!value.has_value()) {
      if (IsBool(name)) {
        value = "true";
      } else if (position_ < words_.size()) {
        value = words_[position_++];
      } else {
        return ConfigError(absl::StrCat("--", name, " needs a value: --", name, "=…"));
      }
    }
    if (name == kSetFlag) {
      parsed_.invocation.sets.push_back(*value);
      return absl::OkStatus();
    }
    if (gflags::SetCommandLineOption(name.c_str(), value->c_str()).empty()) {
      return ConfigError(
          absl::StrCat("--", name, "=", *value, " is not a value for it; ", FlagHelp(verb_, name)));
    }
    return absl::OkStatus();
  }

  bool IsBool(const std::string& name) const {
    gflags::CommandLineFlagInfo info;
    return std::find(verb_.flags.begin(), verb_.flags.end(), name) != verb_.flags.end() &&
           gflags::GetCommandLineFlagInfo(name.c_str(), &info) && info.type == "bool";
  }

  const Verb& verb_;
  const std::vector<std::string> words_;
  size_t position_ = 0;
  Parsed parsed_;
};

absl::Status CheckArguments(const Verb& verb, const Invocation& invocation) {
  const int count = static_cast<int>(invocation.arguments.size());
  if (count < verb.min_arguments) {
    return ConfigError(absl::StrCat("`", verb.name, "` needs ", verb.min_arguments, " argument",
                                    verb.min_arguments == 1 ? "" : "s", ": ", verb.usage));
  }
  if (verb.max_arguments >= 0 && count > verb.max_arguments) {
    return ConfigError(absl::StrCat("`", verb.name, "` takes at most ", verb.max_arguments,
                                    " argument", verb.max_arguments == 1 ? "" : "s", ", not \"",
                                    invocation.arguments[verb.max_arguments], "\": ", verb.usage));
  }
  return absl::OkStatus();
}

absl::Status RunVerb(const Verb& verb, std::vector<std::string> words, const std::string& command,
                     const std::string& program, const std::string& default_experiment) {
  DFKD_ASSIGN_OR_RETURN(Parsed parsed, Parser(verb, std::move(words)).Parse());
  if (parsed.help) {
    PrintVerbHelp(verb, program);
    return absl::OkStatus();
  }
  Invocation& invocation = parsed.invocation;
  invocation.command = command;
  if (verb.takes_default_experiment && invocation.arguments.empty() &&
      !default_experiment.empty()) {
    invocation.arguments.push_back(default_experiment);
  }
  DFKD_RETURN_IF_ERROR(CheckArguments(verb, invocation));
  // LibTorch throws; what it throws here is neither a configuration nor a file that we could name.
  try {
    return verb.run(invocation);
  } catch (const c10::Error& error) {
    return absl::InternalError(absl::StrCat("LibTorch: ", error.what_without_backtrace()));
  } catch (const std::bad_alloc&) {
    return absl::InternalError("out of memory; a smaller batch_size or pool needs less");
  } catch (const std::exception& error) {
    return absl::InternalError(error.what());
  }
}

absl::Status Dispatch(const std::vector<std::string>& words, const std::string& command,
                      const std::string& program, const std::string& default_experiment) {
  const bool asks_help =
      !words.empty() && (words[0] == "--help" || words[0] == "-h" || words[0] == "help");
  if (asks_help || (words.empty() && default_experiment.empty())) {
    PrintProgramHelp(program, default_experiment);
    return absl::OkStatus();
  }
  // A headline target runs its experiment where the first word is not a verb.
  if (!default_experiment.empty() && (words.empty() || words[0][0] == '-')) {
    return RunVerb(Verbs().at("run"), words, command, program, default_experiment);
  }
  const auto verb = Verbs().find(words[0]);
  if (verb == Verbs().end()) {
    std::vector<std::string> names;
    for (const auto& [name, unused] : Verbs()) names.push_back(name);
    return ConfigError(absl::StrCat("there is no verb \"", words[0], "\"",
                                    DidYouMean(words[0], names),
                                    "; verbs: ", absl::StrJoin(names, ", ")));
  }
  return RunVerb(verb->second, {words.begin() + 1, words.end()}, command, program,
                 default_experiment);
}

}  // namespace

bool AddVerb(Verb verb) {
  const std::string name = verb.name;
  Verbs()[name] = std::move(verb);
  return true;
}

const Verb* FindVerb(const std::string& name) {
  const auto found = Verbs().find(name);
  return found == Verbs().end() ? nullptr : &found->second;
}

int RunCommandLine(int argc, char** argv, const std::string& default_experiment) {
  KeepFreedMemory();
  google::InitGoogleLogging(argv[0]);
  FLAGS_logtostderr = true;
  const std::string program = std::string(
      absl::string_view(argv[0]).substr(absl::string_view(argv[0]).find_last_of('/') + 1));
  // Paths are relative to where the person stands, also under `bazel run`.
  if (const char* directory = std::getenv("BUILD_WORKING_DIRECTORY")) {
    if (chdir(directory) != 0) PLOG(WARNING) << "cannot enter " << directory;
  }
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string command = absl::StrJoin(std::vector<std::string>(argv, argv + argc), " ");
  const absl::Status status = Dispatch(words, command, program, default_experiment);
  if (!status.ok()) {
    std::cerr << program << ": " << (absl::IsCancelled(status) ? "" : "error: ") << status.message()
              << "\n";
  }
  return ExitCodeOf(status);
}

}  // namespace dfkd
