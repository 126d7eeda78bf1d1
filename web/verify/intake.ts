export interface Intake {
  files(files: readonly File[]): void;
  /** The fragment of a link that was pasted. */
  link(fragment: string): void;
}

/** Takes bills that are dropped anywhere on the page or pasted: files, a bill's text, or its link. */
export function listenForFiles(intake: Intake): void {
  const root = document.documentElement;
  addEventListener('dragover', (event) => {
    event.preventDefault();
    root.classList.add('dropping');
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) root.classList.remove('dropping');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    root.classList.remove('dropping');
    intake.files([...(event.dataTransfer?.files ?? [])]);
  });
  addEventListener('paste', (event) => {
    // A code that is pasted where codes are typed is no bill.
    if (event.target instanceof HTMLInputElement) return;
    const files = [...(event.clipboardData?.files ?? [])];
    const text = event.clipboardData?.getData('text/plain').trim() ?? '';
    const link = text.indexOf('#bundle=');
    if (files.length > 0) intake.files(files);
    else if (link >= 0) intake.link(text.slice(link));
    else if (text !== '') intake.files([new File([text], 'pasted.billproof')]);
  });
}
