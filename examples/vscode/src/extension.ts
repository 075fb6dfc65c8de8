import { HermesSessions, HermesSessionsError } from '@hermes-sessions/client';
import * as vscode from 'vscode';
import { ConversationList, type ConversationLine } from './conversation-list.js';

const KEY = 'hermes.key';
const SCHEME = 'hermes-conversation';

/** Called by VS Code when the view is first shown. */
export function activate(context: vscode.ExtensionContext): void {
  const history = new HermesSessions({
    baseUrl: vscode.workspace.getConfiguration('hermes').get('url', 'http://127.0.0.1:8643'),
    key: async () => (await context.secrets.get(KEY)) ?? '',
  });
  const list = new ConversationList(history);
  const view = new HistoryView(list);
  let ended = new AbortController();
  // A new key restarts the event stream; there is only one at a time.
  const follow = (): void => {
    ended.abort();
    ended = new AbortController();
    list
      .follow(() => {
        view.refresh();
      }, ended.signal)
      .catch(showError);
  };
  const changeSearch = async (): Promise<void> => {
    list.search = await vscode.window.showInputBox({ prompt: 'Words to look for; empty shows everything' });
    view.refresh();
  };
  const enterKey = async (): Promise<void> => {
    const key = await vscode.window.showInputBox({ prompt: 'Server key', password: true });
    if (key === undefined) return;
    await context.secrets.store(KEY, key);
    view.refresh();
    follow();
  };
  context.subscriptions.push(
    vscode.window.registerTreeDataProvider('hermes.history', view),
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      provideTextDocumentContent: ({ query }) => list.markdown(JSON.parse(query) as ConversationLine),
    }),
    vscode.commands.registerCommand('hermes.search', changeSearch),
    vscode.commands.registerCommand('hermes.enterKey', enterKey),
    {
      dispose: () => {
        ended.abort();
      },
    },
  );
  follow();
}

class HistoryView implements vscode.TreeDataProvider<ConversationLine> {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;

  constructor(private readonly list: ConversationList) {}

  refresh(): void {
    this.#changed.fire(undefined);
  }

  async getChildren(parent?: ConversationLine): Promise<ConversationLine[]> {
    if (parent !== undefined) return [];
    try {
      return [...(await this.list.lines(Date.now()))];
    } catch (error) {
      showError(error);
      return [];
    }
  }

  getTreeItem({ id, place, label, description, tooltip }: ConversationLine): vscode.TreeItem {
    const query = JSON.stringify({ id, place });
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `${label.replaceAll('/', '⁄')}.md`, query });
    return Object.assign(new vscode.TreeItem(label), {
      ...{ id: query, description, tooltip, iconPath: new vscode.ThemeIcon('comment-discussion') },
      command: { command: 'markdown.showPreview', title: 'Read', arguments: [uri] },
    });
  }
}

function showError(error: unknown): void {
  const text = error instanceof HermesSessionsError ? error.message : String(error);
  void vscode.window.showErrorMessage(`Hermes: ${text}`);
}
