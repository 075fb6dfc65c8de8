import { chooseLanguage, LANGUAGES, useLanguage, texts } from './language.js';

/** Selects the language of the page. */
export function LanguageChoice(): React.JSX.Element {
  const { id } = useLanguage();
  return (
    <select
      className="language"
      aria-label={texts().app.language}
      value={id}
      onChange={(event) => {
        void chooseLanguage(event.target.value);
      }}
    >
      {LANGUAGES.map((language) => (
        <option key={language.id} value={language.id} lang={language.id}>
          {language.name}
        </option>
      ))}
    </select>
  );
}
