import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: [".venv/", ".run/"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "array-callback-return": "error",
      "consistent-return": "error",
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "max-lines-per-function": ["error", 45],
      "no-else-return": "error",
      "no-shadow": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-arrow-callback": "error",
      "prefer-const": "error",
      "prefer-template": "error",
      "require-atomic-updates": "error",
    },
  },
  {
    files: ["watch/page/**"],
    languageOptions: { globals: globals.browser },
    rules: {
      // What came from outside is shown as text and never becomes markup or code.
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-script-url": "error",
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "write", "writeln"].map((property) => {
          return { property, message: "Show text by textContent." };
        }),
      ],
    },
  },
  { files: ["watch/page/early-theme.js"], languageOptions: { sourceType: "script" } },
  { files: ["*.js", "tests/**"], languageOptions: { globals: globals.node } },
];
